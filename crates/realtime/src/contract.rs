//! The realtime contract as data, made from the types that speak it: what SDKs and documentation can be made from.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    RealtimeConfig,
    events::{
        ExitEvent, ImGroupInfo, ImMessage, InfoEvent, MemberChange, MuteChange, RecallEvent, SystemEvent,
    },
    login::LiveLogin,
    protocol::{Disconnect, ErrorCode, Unsubscribed},
    session::{Offer, Welcome, calls},
};

/// The schema of what is read from clients. A member that may be left out is not required.
pub(crate) fn read<T: JsonSchema>() -> Value {
    schema::<T>(SchemaSettings::draft2020_12().for_deserialize())
}

/// The schema of what is written to clients. A member that is always written is required.
pub(crate) fn written<T: JsonSchema>() -> Value {
    schema::<T>(SchemaSettings::draft2020_12().for_serialize())
}

fn schema<T: JsonSchema>(mut settings: SchemaSettings) -> Value {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(members) = schema.as_object_mut() {
        members.remove("title");
    }
    schema
}

/// The contract: the login token, what joining and calling answer, events, errors, the ends of connections and
/// subscriptions, and every bound with its default.
#[must_use]
pub fn contract() -> Value {
    json!({
        "protocol": "the Centrifuge client protocol, version 2",
        "channels": {
            "g:<groupId>": {
                "what": "a group: subscribing joins it, unsubscribing leaves it",
                "subscribed": written::<ImGroupInfo<'_>>(),
            },
            "u:<userId>": { "what": "a user's own: there from the login on, subscribed by the server" },
        },
        "login": {
            "token": "base64url without padding of the JSON; in generation 1 the AccessToken of GetMessageToken",
            "fields": written::<LiveLogin<'_>>(),
            "data": read::<Offer>(),
            "connected": written::<Welcome<'_>>(),
            "refresh": {
                "what": "`refresh` with another token of the same user, `ttl` seconds after the reply to `connect` or to the last \
                         `refresh`",
                "errors": [ErrorCode::Internal.number(), ErrorCode::AuthFail.number()],
                "closes": [Disconnect::EXPIRED.code, Disconnect::RECONNECT.code],
            },
        },
        "calls": calls(),
        "events": events(),
        "errors": ErrorCode::ALL.iter().map(|&(error, meaning)| json!({
            "code": error.number(),
            "text": error.text(),
            "temporary": error.is_temporary(),
            "meaning": meaning.trim(),
        })).collect::<Value>(),
        "closes": Disconnect::ALL.iter().map(|&(close, meaning)| json!({
            "code": close.code,
            "reason": close.reason,
            "reconnects": close.reconnects(),
            "meaning": meaning.trim(),
        })).collect::<Value>(),
        "unsubscribes": Unsubscribed::ALL.iter().map(|&(end, meaning)| json!({
            "code": end.code,
            "reason": end.reason,
            "resubscribes": end.code >= 2500,
            "meaning": meaning.trim(),
        })).collect::<Value>(),
        "bounds": bounds(),
    })
}

/// Every event by its name: on which channels it is told, whether it has an offset, and its data.
fn events() -> Map<String, Value> {
    const STORED: &str = "always";
    const IF_STORED: &str = "if it is stored";
    let (group, user): (&[&str], &[&str]) = (&["g:"], &["u:"]);
    let both: &[&str] = &["g:", "u:"];
    let told = [
        event::<ImMessage<'_>>("recvgroupmessage", both, IF_STORED),
        event::<ImMessage<'_>>("recvc2cmessage", user, IF_STORED),
        event::<RecallEvent<'_>>("deletegroupmessage", group, STORED),
        event::<RecallEvent<'_>>("deletec2cmessage", user, STORED),
        event::<MemberChange<'_>>("memberchange", group, "never"),
        event::<MuteChange<'_>>("mutechange", group, STORED),
        event::<InfoEvent<'_>>("infochange", group, STORED),
        event::<ExitEvent<'_>>("exit", both, STORED),
        event::<SystemEvent<'_>>("systemmessage", both, "but for 1001, 1002 and 1003"),
    ];
    told.into_iter().collect()
}

fn event<T: JsonSchema>(name: &str, channels: &[&str], offset: &str) -> (String, Value) {
    let mut data = written::<T>();
    let mut properties = Map::from_iter([("event".to_owned(), json!({ "const": name }))]);
    if let Some(members) = data["properties"].as_object_mut() {
        properties.append(members);
    }
    data["properties"] = properties.into();
    if let Some(required) = data["required"].as_array_mut() {
        required.insert(0, "event".into());
    }
    (name.to_owned(), json!({ "channels": channels, "offset": offset, "data": data }))
}

/// Every number of the configuration: its default, and what it bounds.
fn bounds() -> Map<String, Value> {
    let schema = written::<RealtimeConfig>();
    let bounds = RealtimeConfig::default().bounds();
    let told = bounds.into_iter().map(|(key, default, range)| {
        let meaning =
            schema["properties"][key]["description"].as_str().unwrap_or_default().replace('\n', " ");
        let bound =
            json!({ "default": default, "least": range.start(), "most": range.end(), "meaning": meaning });
        (format!("realtime.{key}"), bound)
    });
    told.collect()
}
