//! Policies and quotas on the way of a request.

use std::collections::BTreeMap;

use muster_gateway::{Catalogue, Gateway, GatewayConfig, GatewayError, ProductSet, ThrottleConfig};
use serde_json::json;

use crate::support::{ACCOUNT, Client, House, Keys, Live, Quiet, products};

const READ_APP: &str = r#"{"Version":"1","Statement":[
    {"Effect":"Allow","Action":["live:Echo","cams:List*"],"Resource":["acs:live:*:*:rtc/app1","acs:cams:*:*:*"]}]}"#;
const NOT_FROM_HERE: &str = r#"{"Version":"1","Statement":[
    {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"203.0.113.0/24"}}}]}"#;

#[tokio::test]
async fn a_user_may_do_what_a_policy_allows_and_nothing_else() {
    let house = House::with(GatewayConfig::default(), &[READ_APP]);
    let user = || Client::v3("user");
    house.send(user().call("Echo", &[("AppId", "app1")])).await.accepted();
    house.send(user().call("Echo", &[("AppId", "app2")])).await.refused(403, "NoAuth");
    house.send(user().call("Quiet", &[])).await.refused(403, "NoAuth");
    let mut cams = user();
    cams.api = "2020-06-06";
    house.send(cams.call("ListChatGroup", &[])).await.accepted();
    let mut cams = user();
    cams.api = "2020-06-06";
    house.send(cams.call("Refuse", &[])).await.refused(403, "NoPermission");
}

#[tokio::test]
async fn a_refusal_says_who_was_refused_what_and_why() {
    for (policies, kind) in [(&[][..], "ImplicitDeny"), (&[READ_APP, NOT_FROM_HERE], "ExplicitDeny")] {
        let house = House::with(GatewayConfig::default(), policies);
        let answer = house.send(Client::v1("user").call("Echo", &[("AppId", "app1")])).await;
        answer.refused(403, "NoAuth");
        let mut detail = answer.json()["AccessDeniedDetail"].take();
        let message = detail["EncodedDiagnosticMessage"].take();
        assert!(message.as_str().expect("text").starts_with("AQ"));
        assert_eq!(
            detail,
            json!({
                "PolicyType": "AccountLevelIdentityBasedPolicy",
                "NoPermissionType": kind,
                "AuthAction": "live:Echo",
                "AuthPrincipalType": "SubUser",
                "AuthPrincipalDisplayName": "203400000000000001",
                "AuthPrincipalOwnerId": ACCOUNT,
                "EncodedDiagnosticMessage": null,
            })
        );
        assert_eq!(
            answer.member("Message"),
            format!("You may not live:Echo on acs:live::{ACCOUNT}:rtc/app1.")
        );
    }
}

#[tokio::test]
async fn policies_are_asked_before_parameters_are_looked_at() {
    let house = House::with(GatewayConfig::default(), &[]);
    house.send(Client::v1("user").call("Echo", &[("PageSize", "99")])).await.refused(403, "NoAuth");
}

#[tokio::test]
async fn a_parameter_longer_than_any_id_is_matched_against_nothing() {
    let denies: Vec<String> = (0..45).map(|n| format!("\"acs:live:*:*:rtc/*a*a*a*{n}\"")).collect();
    let policy = format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}},
            {{"Effect":"Deny","Action":"*","Resource":[{}]}}]}}"#,
        denies.join(",")
    );
    let house = House::with(GatewayConfig::default(), &[&policy]);
    let mut client = Client::v1("user");
    client.form = vec![("AppId".into(), "a".repeat(900_000))];
    let answer = house.send(client.call("Echo", &[])).await;
    answer.refused(403, "NoAuth");
    assert!(answer.member("Message").len() < 1000, "what is told of it is bounded too");
    house.send(Client::v1("user").call("Echo", &[("AppId", "a")])).await.accepted();
    house.send(Client::v1("user").call("Echo", &[("AppId", "aaa44")])).await.refused(403, "NoAuth");
}

#[tokio::test]
async fn quotas_count_per_account_and_operation() {
    let house = House::throttled(&ThrottleConfig::default());
    let echo = |key: &str| Client::v1(key).call("Echo", &[("AppId", "a")]);
    for _ in 0..2 {
        house.send(echo("root")).await.accepted();
    }
    house.send(echo("root")).await.refused(400, "Throttling.User");
    house.send(echo("other")).await.accepted();
    house.call("Quiet", &[]).await.accepted();
    house.clock.advance(500);
    house.send(echo("root")).await.accepted();
}

#[tokio::test]
async fn a_clock_that_is_set_back_an_hour_neither_closes_nor_opens_a_quota() {
    let house = House::throttled(&ThrottleConfig::default());
    let echo = async |date: &str| {
        let mut client = Client::v1("root");
        client.date = date.to_owned();
        house.send(client.call("Echo", &[("AppId", "a")])).await
    };
    echo("2026-11-20T10:00:00Z").await.accepted();
    house.clock.set(crate::support::NOW - 3_600_000);
    echo("2026-11-20T09:00:00Z").await.accepted();
    let refused = echo("2026-11-20T09:00:00Z").await;
    refused.refused(400, "Throttling.User");
    assert_eq!(refused.header("x-acs-retry-after"), "500");
    house.clock.set(crate::support::NOW + 86_400_000);
    echo("2026-11-21T10:00:00Z").await.refused(400, "Throttling.User");
}

#[tokio::test]
async fn a_key_without_any_permission_is_told_to_wait_and_leaves_nothing_behind() {
    let house = House::bounded(
        GatewayConfig { nonces_per_key: 4, ..GatewayConfig::default() },
        &ThrottleConfig { denied_per_second: 10, ..ThrottleConfig::default() },
    );
    let mut seen = BTreeMap::<String, u32>::new();
    let mut client = Client::v1("user");
    for n in 0..1000 {
        // Fourteen minutes ahead.
        client.date = "2026-11-20T10:14:50Z".to_owned();
        client.nonce = format!("n{n}");
        *seen.entry(house.send(client.call("Quiet", &[])).await.code()).or_default() += 1;
    }
    assert_eq!(seen, BTreeMap::from([("NoAuth".to_owned(), 10), ("Throttling.User".to_owned(), 990)]));
    for _ in 0..4 {
        house.call("Quiet", &[]).await.accepted();
    }
    // A refused request did not use up its nonce: it is refused for the same reason again.
    house.clock.advance(1000);
    house.send(client.call("Quiet", &[])).await.refused(403, "NoAuth");
}

#[tokio::test]
async fn requests_sent_again_use_up_nothing_of_a_quota() {
    let house = House::throttled(&ThrottleConfig::default());
    let captured = Client::v1("root");
    house.send(captured.call("Echo", &[("AppId", "a")])).await.accepted();
    for _ in 0..10 {
        house.send(captured.call("Echo", &[("AppId", "a")])).await.refused(400, "SignatureNonceUsed");
    }
    house.call("Echo", &[("AppId", "a")]).await.accepted();
    house.call("Echo", &[("AppId", "a")]).await.refused(400, "Throttling.User");
}

#[tokio::test]
async fn quotas_can_be_set_and_lifted() {
    let set = |name: &str, quota| ThrottleConfig {
        quotas: BTreeMap::from([(name.to_owned(), quota)]),
        ..ThrottleConfig::default()
    };
    let house = House::throttled(&set("Quiet", 1));
    house.call("Quiet", &[]).await.accepted();
    house.call("Quiet", &[]).await.refused(400, "Throttling.User");
    let house = House::throttled(&set("Echo", 0));
    for _ in 0..20 {
        house.call("Echo", &[("AppId", "a")]).await.accepted();
    }
}

#[test]
fn a_quota_for_an_operation_that_does_not_exist_is_an_error() {
    let clock = House::new().clock;
    let throttle =
        ThrottleConfig { quotas: BTreeMap::from([("Ecko".into(), 1)]), ..ThrottleConfig::default() };
    let gateway = |products: ProductSet, throttle| {
        Gateway::new(products, Keys::default(), clock.clone(), GatewayConfig::default(), throttle)
    };
    assert_eq!(gateway(products(), &throttle).err(), Some(GatewayError::UnknownOperation("Ecko".into())));
    let twice = ProductSet::new().with(Catalogue::<Live>::new(()).operation::<Quiet>().operation::<Quiet>());
    let calm = ThrottleConfig::default();
    assert_eq!(gateway(twice, &calm).err(), Some(GatewayError::DuplicateOperation("Quiet")));
    let twice = products().with(Catalogue::<Live>::new(()));
    assert_eq!(gateway(twice, &calm).err(), Some(GatewayError::DuplicateVersion("2016-11-01")));
}
