//! Callbacks of generation 2 on the wire: the body as it is documented, and the headers that show who sent it.

use md5::{Digest as _, Md5};
use muster_core::{
    callback::{CallbackEvent, StoredCall},
    hex::hex,
    outbound::Call,
};
use ring::hmac;
use serde::Serialize;
use url::Url;

#[derive(Serialize)]
struct Body<'a> {
    transactionid: &'a str,
    appid: &'a str,
    eves: [Eve<'a>; 1],
}

/// What one login did.
#[derive(Serialize)]
struct Eve<'a> {
    uid: &'a str,
    sid: &'a str,
    events: [Deed<'a>; 1],
}

#[derive(Serialize)]
struct Deed<'a> {
    /// 3: joined a group; 4: left one.
    e: u8,
    g: &'a str,
}

/// The call that tells `event`, which `call` owes, at `url`, signed with the application's key as of `now` (in seconds
/// since 1970).
///
/// # Errors
/// The reason why it cannot be made: a URL without a host.
pub fn call(
    call: &StoredCall,
    event: &CallbackEvent,
    url: &str,
    key: &str,
    now: i64,
) -> Result<Call, String> {
    let parsed = Url::parse(url).map_err(|error| format!("the URL cannot be called: {error}"))?;
    let host = parsed.host_str().ok_or("the URL names no host")?;
    let (e, of) = match event {
        CallbackEvent::Joined(of) => (3, of),
        CallbackEvent::Left(of) => (4, of),
    };
    let sid = of.session.as_ref().map_or("", |session| session.as_str());
    let eve = Eve { uid: of.user.as_str(), sid, events: [Deed { e, g: of.group.as_str() }] };
    let body = Body { transactionid: &call.id, appid: call.app.as_str(), eves: [eve] };
    let body = serde_json::to_vec(&body).map_err(|error| error.to_string())?;
    let stamped = [format!("{now}.").as_bytes(), &body].concat();
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), &stamped);
    let documented = Md5::digest(format!("{host}|{now}|{key}"));
    let mut made = Call::post_json(url, body);
    made.headers.extend([
        ("ali-live-timestamp", now.to_string()),
        ("ali-live-signature", hex(&documented)),
        ("muster-signature", hex(signature.as_ref())),
    ]);
    Ok(made)
}

#[cfg(test)]
mod tests {
    use muster_core::{
        callback::Membership,
        id::{AppId, GroupId, SessionId, UserId},
        time::Millis,
    };

    use super::*;

    #[test]
    fn a_callback_has_the_documented_body_and_signatures() {
        let of = Membership {
            group: GroupId::new("g").unwrap(),
            user: UserId::new("u").unwrap(),
            session: Some(SessionId::new("s").unwrap()),
        };
        let owed = StoredCall {
            number: 1,
            id: "ID".to_owned(),
            app: AppId::new("a").unwrap(),
            lane: "g:g".to_owned(),
            event: None,
            made_at: Millis(0),
            attempts: 1,
            next_at: Millis(0),
            dead: false,
            fault: String::new(),
        };
        let url = "http://hooks.example.com:8080/im";
        let made = call(&owed, &CallbackEvent::Joined(of), url, "key", 1_700_000_000).unwrap();
        let body =
            r#"{"transactionid":"ID","appid":"a","eves":[{"uid":"u","sid":"s","events":[{"e":3,"g":"g"}]}]}"#;
        assert_eq!(std::str::from_utf8(&made.body), Ok(body));
        let header = |name| made.headers.iter().find(|(known, _)| *known == name).unwrap().1.clone();
        assert_eq!(header("ali-live-timestamp"), "1700000000");
        // printf 'hooks.example.com|1700000000|key' | md5sum
        assert_eq!(header("ali-live-signature"), "d3016f6790a5503b83819f91376882ce");
        // printf '1700000000.<body>' | openssl dgst -sha256 -hmac key
        assert_eq!(
            header("muster-signature"),
            "3af029623a6abd196b60b1714e3653ba65f1d8081c9c40b78973e02f212decf6"
        );
    }
}
