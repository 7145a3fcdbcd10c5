//! `GetMessageToken`.

use std::{borrow::Cow, fmt};

use muster_gateway::parameter::Text;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{
    Deserializer,
    de::{Error, Unexpected, Visitor},
};

use super::{Envelope, open_app, short::Short, spec};
use crate::{access::bundle, prelude::*};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The device, named by the caller, at most 64 characters.
    device_id: Text<0, 64>,
    /// The kind of device: ios, android, web or pc, in any case.
    #[expect(dead_code, reason = "checked and documented; a token is good for any kind of device")]
    device_type: DeviceType,
    /// The user, at most 32 characters.
    user_id: Short<UserId, 32>,
}

/// A token.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Token {
    /// What the client logs in with.
    access_token: String,
    /// How long it is good for, in milliseconds.
    access_token_expired_time: i64,
    /// What a new token can be had for after that.
    refresh_token: String,
}

/// A kind of device. The documentation lists it in lower case and sends `Android` in its sample.
struct DeviceType;

impl DeviceType {
    const NAMES: [&str; 4] = ["ios", "android", "web", "pc"];
}

impl<'de> Deserialize<'de> for DeviceType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(AnyCase)
    }
}

struct AnyCase;

impl Visitor<'_> for AnyCase {
    type Value = DeviceType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {}", DeviceType::NAMES.join(", "))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<DeviceType, E> {
        let known = DeviceType::NAMES.iter().any(|name| name.eq_ignore_ascii_case(text));
        known.then_some(DeviceType).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl JsonSchema for DeviceType {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "DeviceType".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": Self::NAMES })
    }
}

pub(crate) struct GetMessageToken;

impl Operation for GetMessageToken {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Token>;
    const SPEC: Spec = spec(
        "GetMessageToken",
        "Issues the token that a client of one device logs in with.",
        "签发某台设备上的客户端登录所用的令牌。",
        Level::Get,
    )
    .example(&[("AppId", "{#AppId}"), ("UserId", "ada"), ("DeviceId", "phone-1"), ("DeviceType", "ios")])
    .notes(&[
        "AccessToken is Base64 of a JSON object with the endpoints, the token proper and the application.",
        "The UserId need not be known before.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Token>> {
        let app = open_app(call, &request.app_id).await?;
        let user = request.user_id.0;
        let issued = call.state.muster.logins().issue(&app, &user, &request.device_id)?;
        let endpoint = call.state.endpoints.websocket(call);
        Envelope::of(Token {
            access_token: bundle(&endpoint, request.app_id.as_str(), &issued.text),
            access_token_expired_time: issued.lifetime,
            refresh_token: issued.refresh,
        })
    }
}
