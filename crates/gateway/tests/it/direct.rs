//! Calls of identities that are proven without a signature, as by the session of a page.

use std::sync::Arc;

use muster_gateway::policy::Policy;
use muster_gateway::{GatewayConfig, Identity, Principal, Temporary, ThrottleConfig};

use crate::support::{ACCOUNT, House, NOW, QUIET, role_session};

fn root() -> Identity {
    Identity::lasting("page 1", Arc::new(Principal::root(ACCOUNT)))
}

fn narrow() -> Identity {
    let session_policy = Some(Arc::new(Policy::parse("session", QUIET).expect("a policy")));
    let principal = Arc::new(role_session("page"));
    Identity::lasting("page 2", principal).limited(Temporary { expires_at: NOW + 1000, session_policy })
}

#[tokio::test]
async fn an_identity_that_is_proven_calls_without_a_signature_and_as_often_as_it_likes() {
    let house = House::new();
    for _ in 0..2 {
        let told = house.direct(root(), "Echo", &[("AppId", "a"), ("Ids", "x,y")]).await.accepted();
        assert_eq!((&told["AppId"], &told["Account"]), (&"a".into(), &ACCOUNT.into()));
    }
    house.direct(root(), "Echo", &[("AppId", "a"), ("PageSize", "51")]).await.refused(400, "InputInvalid");
    house.direct(root(), "Ecko", &[]).await.refused(404, "InvalidAction.NotFound");
    let xml = house.direct(root(), "Quiet", &[("Format", "XML")]).await;
    assert!(xml.text.contains("<QuietResponse>"), "{}", xml.text);
}

#[tokio::test]
async fn policies_and_the_end_of_an_identity_hold_for_it() {
    let house = House::new();
    house.direct(narrow(), "Quiet", &[]).await.accepted();
    house.direct(narrow(), "Echo", &[("AppId", "a")]).await.refused(403, "NoAuth");
    house.direct(narrow(), "Broken", &[]).await.refused(403, "NoAuth");
    house.clock.advance(1000);
    house.direct(narrow(), "Quiet", &[]).await.refused(400, "InvalidSecurityToken.Expired");
}

#[tokio::test]
async fn it_uses_up_the_quota_of_its_account_and_is_counted_like_any_call() {
    let house = House::throttled(&ThrottleConfig::default());
    house.call("Echo", &[("AppId", "a")]).await.accepted();
    house.direct(root(), "Echo", &[("AppId", "a")]).await.accepted();
    house.direct(root(), "Echo", &[("AppId", "a")]).await.refused(400, "Throttling.User");
    let seen: Vec<_> = house.seen.lock().expect("not poisoned").clone();
    let echo = |code: &str, status| (Some("Echo"), code.to_owned(), status);
    assert_eq!(seen, [echo("OK", 200), echo("OK", 200), echo("Throttling.User", 400)]);
}

#[tokio::test(start_paused = true)]
async fn its_time_and_its_parameters_are_bounded_too() {
    let house = House::with(GatewayConfig { parameters: 20, ..GatewayConfig::default() }, &[]);
    house.direct(root(), "Slow", &[]).await.refused(500, "ServerError");
    let names: Vec<String> = (0..21).map(|n| format!("p{n}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "1")).collect();
    house.direct(root(), "Quiet", &many).await.refused(400, "InvalidParameter.TooMany");
}
