//! Captured requests of the official clients, sent whole.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use muster_gateway::{AccessKey, Gateway, GatewayConfig, Principal, Temporary, ThrottleConfig};
use serde_json::Value;

use crate::support::{House, Keys, products};

const FILES: [&str; 10] = [
    include_str!("../vectors/acs-py-cams.json"),
    include_str!("../vectors/acs-py-live.json"),
    include_str!("../vectors/npm-cams20200606.json"),
    include_str!("../vectors/npm-openapi-client-cams.json"),
    include_str!("../vectors/npm-openapi-client-live.json"),
    include_str!("../vectors/npm-openapi-core-live.json"),
    include_str!("../vectors/npm-pop-core-cams.json"),
    include_str!("../vectors/npm-pop-core-live.json"),
    include_str!("../vectors/tea-py-cams.json"),
    include_str!("../vectors/tea-py-live.json"),
];

fn vectors() -> Vec<Value> {
    FILES.iter().flat_map(|text| serde_json::from_str::<Vec<Value>>(text).expect("vectors")).collect()
}

fn text<'a>(vector: &'a Value, member: &str) -> &'a str {
    vector[member].as_str().unwrap_or_default()
}

fn request(vector: &Value) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(text(vector, "method")).uri(text(vector, "target"));
    for header in vector["headers"].as_array().expect("headers") {
        request = request.header(header[0].as_str().expect("a name"), header[1].as_str().expect("a value"));
    }
    let body = STANDARD.decode(text(vector, "body_base64")).expect("Base64");
    request.body(Full::new(Bytes::from(body))).expect("a request")
}

/// The time the request is stamped with.
fn stamp(vector: &Value) -> i64 {
    let request = request(vector);
    let body = text(vector, "body_utf8");
    let of_parameters = [request.uri().query().unwrap_or_default(), body]
        .iter()
        .flat_map(|text| text.split('&'))
        .find_map(|pair| pair.strip_prefix("Timestamp=").map(|value| value.replace("%3A", ":")));
    let of_header = request.headers().get("x-acs-date").map(|date| date.to_str().expect("text").to_owned());
    let text = of_header.or(of_parameters).expect("a time");
    text.parse::<jiff::Timestamp>().expect("a time").as_millisecond()
}

/// What the answer must be: a code, or `OK`.
fn expected(vector: &Value) -> &'static str {
    let case = text(vector, "case");
    let key = text(vector, "access_key_id");
    if case.contains("bearer") {
        "UnsupportedSignatureType"
    } else if key.is_empty() {
        "MissingAccessKeyId"
    } else if text(vector, "algorithm") == "ACS3-HMAC-SM3" {
        "InvalidSignatureMethod"
    } else if case.contains("JSON body content-type") {
        "SignatureDoesNotMatch"
    } else {
        "OK"
    }
}

#[tokio::test]
async fn every_captured_request_is_answered_as_it_should_be() {
    let mut answered = 0;
    for vector in vectors() {
        let house = House::new();
        house.clock.set(stamp(&vector));
        let mut keys = Keys::default();
        let id = text(&vector, "access_key_id");
        let root = Arc::new(Principal::root("1"));
        let secret = text(&vector, "access_key_secret");
        let key = match id.starts_with("STS.") {
            true => AccessKey::temporary(
                id,
                secret,
                root,
                Temporary { expires_at: i64::MAX, session_policy: None },
            ),
            false => AccessKey::new(id, secret, true, root),
        };
        keys.0.insert(id.to_owned(), (Arc::new(key), None));
        let gateway = Gateway::new(
            products(),
            keys,
            house.clock.clone(),
            GatewayConfig::default(),
            &ThrottleConfig::default(),
        );
        let house = House { gateway: gateway.expect("a gateway"), ..house };
        let answer = house.send(request(&vector)).await;
        let code = if answer.status == 200 { "OK".to_owned() } else { answer.code() };
        // Some cases name operations that only their own capture needed.
        if code == "InvalidAction.NotFound" {
            panic!("{}: {}", text(&vector, "case"), answer.text);
        }
        assert_eq!(code, expected(&vector), "{}: {}", text(&vector, "case"), answer.text);
        let replayed = house.send(request(&vector)).await;
        if code == "OK" {
            replayed.refused(400, "SignatureNonceUsed");
        }
        answered += 1;
    }
    assert_eq!(answered, 84);
}
