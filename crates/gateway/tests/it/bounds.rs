//! Bad input ends in a clear error, within bounds.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use muster_gateway::{Answer, GatewayConfig, NonceVerdict, ReplayGuard, StampedNonce, Undertaking};
use proptest::prelude::*;

use crate::support::{Announced, Client, House, Pieces};

fn post(body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::post("/")
        .header("host", "h")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(body.into()))
        .expect("a request")
}

#[tokio::test]
async fn a_body_of_10_megabytes_is_refused_by_the_name_of_its_bound() {
    let house = House::new();
    let announced = Request::post("/").header("host", "h").body(Announced(10 << 20)).expect("a request");
    for answer in [house.send(post(vec![b'a'; 10 << 20])).await, house.send_any(announced).await] {
        answer.refused(413, "RequestEntityTooLarge");
        assert!(answer.member("Message").contains("body_bytes, which is 1048576"));
    }
}

#[tokio::test]
async fn a_body_that_grows_beyond_its_bound_is_refused() {
    let house = House::with(GatewayConfig { body_bytes: 10, ..GatewayConfig::default() }, &[]);
    let body = Pieces { pieces: vec![b"a=12345", b"6789", b"never read"], ends: false };
    let request = Request::post("/").header("host", "h").body(body).expect("a request");
    house.send_any(request).await.refused(413, "RequestEntityTooLarge");
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_is_given_up() {
    let house = House::new();
    let begun = tokio::time::Instant::now();
    let request = Request::post("/")
        .header("host", "h")
        .body(Pieces { pieces: vec![b"a="], ends: false })
        .expect("a request");
    house.send_any(request).await.refused(408, "RequestTimeout");
    assert_eq!(begun.elapsed().as_secs(), 10);
}

/// Remembers nonces on a machine that does not answer.
struct Silent;

impl ReplayGuard for Silent {
    fn admit(&self, _: &StampedNonce<'_>) -> Answer<'_, NonceVerdict> {
        Answer::Later(Box::pin(std::future::pending()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_is_refused_in_time_also_when_its_nonce_cannot_be_looked_up() {
    let mut house = House::new();
    house.gateway = house.gateway.with_replay_guard(Silent);
    let begun = tokio::time::Instant::now();
    house.call("Quiet", &[]).await.refused(500, "ServerError");
    assert_eq!(begun.elapsed().as_secs(), 3);
}

/// Knows whether the work has begun something.
struct Knowing(bool);

impl Undertaking for Knowing {
    fn during(&self, step: &mut dyn FnMut()) {
        step();
    }

    fn begun(&self) -> bool {
        self.0
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_change_is_unknown_only_when_something_was_begun() {
    for (begun, message) in [(Some(true), "Ask again."), (Some(false), "Try again."), (None, "Ask again.")] {
        let mut house = House::new();
        if let Some(begun) = begun {
            house.gateway = house.gateway.with_undertakings(move || Knowing(begun));
        }
        let answer = house.call("Slow", &[]).await;
        answer.refused(500, "ServerError");
        assert_eq!(answer.member("Message"), message, "{begun:?}");
    }
}

#[tokio::test]
async fn ten_thousand_parameters_are_too_many() {
    let house = House::new();
    let many: String = (0..10_000).map(|at| format!("p{at}=1&")).collect();
    for request in [
        post(many.clone()),
        Request::get(format!("/?{}", &many[..50_000]))
            .header("host", "h")
            .body(Full::new(Bytes::new()))
            .expect("a request"),
    ] {
        let answer = house.send(request).await;
        answer.refused(400, "InvalidParameter.TooMany");
        assert!(answer.member("Message").contains("which is 1000"));
    }
}

#[tokio::test]
async fn deep_json_is_refused_wherever_it_comes() {
    let house = House::new();
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let answer = house.call("Echo", &[("AppId", "a"), ("Page", &deep[..10_000])]).await;
    answer.refused(400, "InputInvalid");
    assert!(answer.member("Message").starts_with("Page must be JSON nested at most 32 levels deep"));
    let request = Request::post("/")
        .header("host", "h")
        .header("content-type", "application/json; charset=utf-8")
        .header("authorization", "ACS3-HMAC-SHA256 x")
        .body(Full::new(Bytes::from(format!("{{\"a\":{deep}}}"))))
        .expect("a request");
    let answer = house.send(request).await;
    answer.refused(400, "InvalidParameter.Body");
    assert!(answer.member("Message").contains("json_depth, which is 32"));
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_by_the_name_of_their_parameter() {
    let answer = House::new().send(post("Action=Echo&AppId=%ff")).await;
    answer.refused(400, "InvalidParameter");
    assert!(answer.member("Message").contains("AppId"));
}

#[tokio::test]
async fn a_json_body_holds_parameters_for_v3_and_nothing_for_v1() {
    let house = House::new();
    let members = r#"{"AppId":"json","Ids":["a","b"],"PageSize":5,"Flag":true,"Text":null}"#;
    let mut client = Client::v3("root");
    client.json = Some(members.to_owned());
    let answer = house.send(client.call("Echo", &[("AppId", "query")])).await.accepted();
    assert_eq!(answer["AppId"], "json");
    assert_eq!(answer["Ids"], serde_json::json!(["a", "b"]));
    assert_eq!((&answer["PageSize"], &answer["Flag"]), (&5.into(), &true.into()));
    // V1 does not sign it.
    let mut client = Client::v1("root");
    client.json = Some(members.to_owned());
    house.send(client.call("Echo", &[])).await.refused(400, "InputInvalid");
    client.nonce = "another".to_owned();
    client.json = Some("[]".to_owned());
    house.send(client.call("Quiet", &[])).await.accepted();
    let mut client = Client::v3("root");
    client.json = Some("[]".to_owned());
    house.send(client.call("Quiet", &[])).await.refused(400, "InvalidParameter.Body");
}

proptest! {
    #[test]
    fn random_bytes_end_in_an_error(body: Vec<u8>, query in "[ -~]{0,60}", form: bool, key in "\\PC{0,20}") {
        let house = House::new();
        let uri: http::Uri = format!("/?{}", query.replace([' ', '#', '"', '<', '>', '`', '{', '}', '\\', '^', '|'], "+"))
            .parse()
            .map_err(|_| TestCaseError::reject("no target"))?;
        let media_type = if form { "application/x-www-form-urlencoded" } else { "application/json" };
        let mut request = Request::post(uri).header("host", "h").header("content-type", media_type);
        if let Ok(value) = http::HeaderValue::from_bytes(format!("ACS3-HMAC-SHA256 {key}").as_bytes()) {
            request = request.header("authorization", value);
        }
        let request = request.body(Full::new(Bytes::from(body))).expect("a request");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let answer = runtime.block_on(house.send(request));
        prop_assert!(answer.status >= 400 && answer.status < 500);
        prop_assert!(!answer.code().is_empty());
    }
}
