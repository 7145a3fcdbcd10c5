//! Callbacks of generation 2 on the wire: the body as it is documented.

use muster_core::{
    callback::{CallbackEvent, LogoffReason, StoredCall},
    id::{GroupId, SessionId, UserId},
    outbound::Call,
};
use serde::Serialize;

use crate::signed;

#[derive(Serialize)]
struct Body<'a> {
    transactionid: &'a str,
    appid: &'a str,
    eves: Vec<Eve<'a>>,
}

/// What one login did.
#[derive(Serialize)]
struct Eve<'a> {
    uid: &'a str,
    sid: &'a str,
    events: [Deed<'a>; 1],
}

#[derive(Clone, Copy, Serialize)]
struct Deed<'a> {
    /// 1: logged on; 2: logged off; 3: joined a group; 4: left one; 5: came back after the connection was lost.
    e: u8,
    /// Of 2. 1: the client wanted it; 3: the connection was lost; 4: the user logged on elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<u8>,
    /// Of 3 and 4: the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    g: Option<&'a GroupId>,
    /// Of 5: the groups that the user is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    gs: Option<&'a [GroupId]>,
}

impl<'a> Deed<'a> {
    const fn of(e: u8) -> Self {
        Self { e, r: None, g: None, gs: None }
    }

    const fn in_group(e: u8, group: &'a GroupId) -> Self {
        Self { g: Some(group), ..Self::of(e) }
    }
}

/// What a callback says, one entry a login.
fn eves(event: &CallbackEvent) -> Vec<Eve<'_>> {
    match event {
        CallbackEvent::LoggedOn(of) => alone(&of.user, Some(&of.session), Deed::of(1)),
        CallbackEvent::LoggedOff(of, reason) => {
            let r = match reason {
                LogoffReason::Closed => 1,
                LogoffReason::Lost => 3,
                LogoffReason::Elsewhere => 4,
            };
            alone(&of.user, Some(&of.session), Deed { r: Some(r), ..Deed::of(2) })
        }
        CallbackEvent::Reconnected(of, groups) => {
            alone(&of.user, Some(&of.session), Deed { gs: Some(groups), ..Deed::of(5) })
        }
        CallbackEvent::Joined(of) => alone(&of.user, of.session.as_ref(), Deed::in_group(3, &of.group)),
        CallbackEvent::Left(of) => alone(&of.user, of.session.as_ref(), Deed::in_group(4, &of.group)),
        CallbackEvent::AllLeft(group, members) => {
            let left = Deed::in_group(4, group);
            members.iter().map(|(user, session)| entry(user, session.as_ref(), left)).collect()
        }
        // Of another product, and told in its form.
        CallbackEvent::News(_) | CallbackEvent::ChatGroup(_) => Vec::new(),
    }
}

fn alone<'a>(user: &'a UserId, session: Option<&'a SessionId>, deed: Deed<'a>) -> Vec<Eve<'a>> {
    vec![entry(user, session, deed)]
}

fn entry<'a>(user: &'a UserId, session: Option<&'a SessionId>, deed: Deed<'a>) -> Eve<'a> {
    Eve { uid: user.as_str(), sid: session.map_or("", SessionId::as_str), events: [deed] }
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
    signed::post(url, body(call, event)?, key, now)
}

/// What is said of `event`, which `call` owes.
///
/// # Errors
/// None that a callback can cause.
pub fn body(call: &StoredCall, event: &CallbackEvent) -> Result<Vec<u8>, String> {
    let body = Body { transactionid: &call.id, appid: call.app.as_str(), eves: eves(event) };
    serde_json::to_vec(&body).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use muster_core::{
        callback::{Membership, UserSession},
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

    fn told(event: &CallbackEvent) -> String {
        serde_json::to_string(&eves(event)).unwrap()
    }

    #[test]
    fn every_event_has_its_documented_form() {
        let (group, user) = (GroupId::new("g").unwrap(), UserId::new("u").unwrap());
        let session = SessionId::new("s").unwrap();
        let of = UserSession { user: user.clone(), session: session.clone() };
        assert_eq!(
            told(&CallbackEvent::LoggedOn(of.clone())),
            r#"[{"uid":"u","sid":"s","events":[{"e":1}]}]"#
        );
        for (reason, r) in [(LogoffReason::Closed, 1), (LogoffReason::Lost, 3), (LogoffReason::Elsewhere, 4)]
        {
            assert_eq!(
                told(&CallbackEvent::LoggedOff(of.clone(), reason)),
                format!(r#"[{{"uid":"u","sid":"s","events":[{{"e":2,"r":{r}}}]}}]"#)
            );
        }
        assert_eq!(
            told(&CallbackEvent::Reconnected(of, vec![group.clone()])),
            r#"[{"uid":"u","sid":"s","events":[{"e":5,"gs":["g"]}]}]"#
        );
        let members = vec![(user, Some(session)), (UserId::new("v").unwrap(), None)];
        assert_eq!(
            told(&CallbackEvent::AllLeft(group, members)),
            r#"[{"uid":"u","sid":"s","events":[{"e":4,"g":"g"}]},{"uid":"v","sid":"","events":[{"e":4,"g":"g"}]}]"#
        );
    }
}
