//! What real clients need of a gateway, one test for each point.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use serde_json::json;

use crate::support::{Client, House, Pieces, Version};

const BOTH: [Version; 2] = [Version::V1, Version::V3];

#[tokio::test]
async fn the_host_header_is_kept_byte_for_byte_even_with_a_scheme() {
    let house = House::new();
    for host in ["127.0.0.1:7070", "http://127.0.0.1:7070", "LIVE.Example"] {
        let mut client = Client::v3("root");
        client.host = host.to_owned();
        house.send(client.call("Quiet", &[])).await.accepted();
        let answer = house.send(client.secret("wrong").call("Quiet", &[])).await;
        answer.refused(400, "SignatureDoesNotMatch");
        assert_eq!(answer.member("HostId"), host);
    }
}

#[tokio::test]
async fn query_and_form_are_merged_and_the_body_wins() {
    let house = House::new();
    for version in BOTH {
        for method in ["GET", "POST"] {
            let mut client = Client::new(version, "root");
            client.method = method;
            client.form = vec![("Text".into(), "body".into()), ("PageSize".into(), "7".into())];
            let answer =
                house.send(client.call("Echo", &[("AppId", "a"), ("Text", "query")])).await.accepted();
            assert_eq!((&answer["Text"], &answer["PageSize"]), (&json!("body"), &json!(7)));
        }
    }
}

#[tokio::test]
async fn everything_may_be_in_the_form_signature_included() {
    let house = House::new();
    let (head, _) = Client::v1("root").call("Echo", &[("AppId", "a b")]).into_parts();
    let form = head.uri.query().expect("a query").to_owned();
    let request = Request::post("/")
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .header("host", "h")
        .body(Full::new(Bytes::from(form.replace("%20", "+"))))
        .expect("a request");
    // The method is signed, and the client signs a POST.
    assert_eq!(house.send(request).await.accepted()["AppId"], "a b");
}

#[tokio::test]
async fn a_plus_sign_is_a_space_in_a_query() {
    let house = House::new();
    for version in BOTH {
        let (mut head, body) =
            Client::new(version, "root").call("Echo", &[("AppId", "a b"), ("Text", "c+d")]).into_parts();
        head.uri = head.uri.to_string().replace("%20", "+").parse().expect("a target");
        let answer = house.send(Request::from_parts(head, body)).await.accepted();
        assert_eq!((&answer["AppId"], &answer["Text"]), (&json!("a b"), &json!("c+d")));
    }
}

#[tokio::test]
async fn a_body_may_come_in_pieces_of_unknown_length() {
    let house = House::new();
    let mut client = Client::v3("root");
    client.form = vec![("AppId".into(), "app".into()), ("Text".into(), "long".into())];
    let (head, body) = client.call("Echo", &[]).into_parts();
    assert_eq!(body.collect().await.expect("a body").to_bytes(), "AppId=app&Text=long");
    let body = Pieces { pieces: vec![b"AppI", b"d=app&Te", b"", b"xt=long"], ends: true };
    assert_eq!(house.send_any(Request::from_parts(head, body)).await.accepted()["Text"], "long");
}

#[tokio::test]
async fn v3_checks_the_body_and_the_list_of_headers() {
    let house = House::new();
    let mut client = Client::v3("root");
    client.form = vec![("AppId".into(), "app".into())];
    let (head, _) = client.call("Echo", &[]).into_parts();
    let other = Full::new(Bytes::from("AppId=another"));
    house.send(Request::from_parts(head, other)).await.refused(400, "SignatureDoesNotMatch");

    let (mut head, body) = Client::v3("root").call("Echo", &[("AppId", "a")]).into_parts();
    let signed = head.headers["authorization"].to_str().expect("text").replace("x-acs-action;", "");
    head.headers.insert("authorization", signed.parse().expect("a value"));
    house.send(Request::from_parts(head, body)).await.refused(400, "IncompleteSignature");
}

#[tokio::test]
async fn v1_ignores_headers_that_are_not_signed() {
    let house = House::new();
    let mut client = Client::v1("root");
    client.headers = vec![
        ("x-acs-action", "echo".into()),
        ("x-acs-version", "1999-01-01".into()),
        ("x-acs-date", "never".into()),
    ];
    house.send(client.call("Echo", &[("AppId", "a")])).await.accepted();
}

#[tokio::test]
async fn parameter_names_are_signed_raw_or_encoded() {
    let house = House::new();
    // The client encodes names; captured requests of the SDKs, which do not, are tried with the vectors.
    let name = [("Extension.a b+中*", "v"), ("AppId", "a")];
    for version in BOTH {
        house.send(Client::new(version, "root").call("Echo", &name)).await.accepted();
    }
}

#[tokio::test]
async fn empty_values_are_signed_and_count_as_absent() {
    let house = House::new();
    for version in BOTH {
        let parameters = [("AppId", "a"), ("PageSize", ""), ("Ids", ""), ("SignatureType", "")];
        let answer = house.send(Client::new(version, "root").call("Echo", &parameters)).await.accepted();
        assert_eq!((answer.get("PageSize"), &answer["Ids"]), (None, &json!([])));
    }
}

#[tokio::test]
async fn a_v3_request_without_a_nonce_is_carried_out_once_when_it_changes_something() {
    let house = House::new();
    let mut client = Client::v3("root");
    house.send(client.call("Quiet", &[])).await.accepted();
    house.send(client.call("Quiet", &[])).await.refused(400, "SignatureNonceUsed");
    client.nonce = String::new();
    for _ in 0..2 {
        house.send(client.call("Echo", &[("AppId", "a")])).await.accepted();
    }
    house.send(client.call("Quiet", &[])).await.accepted();
    house.send(client.call("Quiet", &[])).await.refused(400, "SignatureNonceUsed");
    house.send(client.call("Quiet", &[("Other", "request")])).await.accepted();
}

#[tokio::test]
async fn a_host_and_every_signed_header_stand_once() {
    let house = House::new();
    // A nonce with a comma, sent again as two headers, would have the same signature.
    let mut client = Client::v3("root");
    client.nonce = "first,second".to_owned();
    house.send(client.call("Quiet", &[])).await.accepted();
    let (mut head, body) = client.call("Quiet", &[]).into_parts();
    head.headers.insert("x-acs-signature-nonce", "first".parse().expect("a value"));
    head.headers.append("x-acs-signature-nonce", "second".parse().expect("a value"));
    let answer = house.send(Request::from_parts(head, body)).await;
    answer.refused(400, "IncompleteSignature");
    assert!(answer.member("Message").contains("x-acs-signature-nonce stands more than once"));
    for version in BOTH {
        let (mut head, body) = Client::new(version, "root").call("Quiet", &[]).into_parts();
        head.headers.append("host", "another".parse().expect("a value"));
        let twice = Request::from_parts(head.clone(), body.clone());
        house.send(twice).await.refused(400, "IncompleteSignature");
        head.headers.remove("host");
        house.send(Request::from_parts(head, body)).await.refused(400, "MissingHost");
    }
}

#[tokio::test]
async fn v3_need_not_sign_the_host() {
    let house = House::new();
    let mut client = Client::v3("root");
    client.signs_host = false;
    house.send(client.call("Quiet", &[])).await.accepted();
    house.send(client.secret("wrong").call("Quiet", &[])).await.refused(400, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn v1_may_leave_empty_values_unsigned_and_they_have_no_effect_then() {
    let house = House::new();
    let signed = Client::v1("root").call("Echo", &[("AppId", "a")]);
    let (mut head, body) = signed.into_parts();
    head.uri = format!("{}&Text=&Flag=", head.uri).parse().expect("a target");
    let answer = house.send(Request::from_parts(head.clone(), body.clone())).await.accepted();
    assert_eq!((&answer["AppId"], answer.get("Text")), (&json!("a"), None));
    head.uri = format!("{}&Text=x", head.uri).parse().expect("a target");
    house.send(Request::from_parts(head, body)).await.refused(400, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_compressed_body_is_refused_by_the_name_of_its_encoding() {
    let house = House::new();
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00";
    let request =
        || Request::post("/").header("host", "h").header("content-type", "application/x-www-form-urlencoded");
    for request in [request(), request().header("content-encoding", "gzip")] {
        let answer = house.send(request.body(Full::new(Bytes::from_static(gzip))).expect("a request")).await;
        answer.refused(415, "UnsupportedMediaType");
        assert!(answer.member("Message").contains("encoded with gzip"));
    }
    let mut client = Client::v1("root");
    client.form = vec![("AppId".into(), "a".into())];
    client.headers = vec![("content-encoding", "identity".into())];
    house.send(client.call("Echo", &[])).await.accepted();
}

#[tokio::test]
async fn a_v1_mismatch_has_the_exact_message_with_one_colon_and_status_400() {
    let house = House::new();
    let answer = house.send(Client::v1("root").secret("x").call("Echo", &[("AppId", "a:b c")])).await;
    answer.refused(400, "SignatureDoesNotMatch");
    let message = answer.member("Message");
    let (words, string_to_sign) = message.split_once(':').expect("a colon");
    assert_eq!(words, "Specified signature is not matched with our calculation. server string to sign is");
    assert!(!string_to_sign.contains(':'), "{string_to_sign}");
    assert!(
        string_to_sign.starts_with("POST&%2F&AccessKeyId%3Droot%26Action%3DEcho%26AppId%3Da%253Ab%2520c%26")
    );
}

#[tokio::test]
async fn a_v3_mismatch_shows_what_the_server_signed() {
    let house = House::new();
    let answer = house.send(Client::v3("root").secret("x").call("Quiet", &[])).await;
    answer.refused(400, "SignatureDoesNotMatch");
    let message = answer.member("Message");
    assert!(
        message.starts_with(
            "Specified signature does not match our calculation. server StringToSign is [ACS3-HMAC-SHA256\n"
        ),
        "{message}"
    );
    assert!(
        message.contains("] server CanonicalRequest is [POST\n/\n\nhost:live.example:7070\n"),
        "{message}"
    );
}

#[tokio::test]
async fn every_error_is_a_json_object_with_a_code() {
    let house = House::new();
    let unsigned =
        |uri: &str| Request::get(uri).header("host", "h").body(Full::new(Bytes::new())).expect("a request");
    for answer in [
        house.send(unsigned("/")).await,
        house.send(unsigned("/?Action=Nothing&Version=2016-11-01")).await,
        house
            .send(Request::delete("/").header("host", "h").body(Full::new(Bytes::new())).expect("a request"))
            .await,
        house.send(unsigned("/?Action=%ff")).await,
        house.call("Echo", &[]).await,
        house.call("Broken", &[]).await,
    ] {
        assert!(answer.status >= 400);
        let body = answer.json();
        for member in ["RequestId", "HostId", "Code", "Message", "Recommend"] {
            assert!(body[member].is_string(), "{member} in {body}");
        }
        assert!(!answer.code().is_empty());
    }
}

#[tokio::test]
async fn cams_success_says_ok_and_live_success_has_no_code() {
    let house = House::new();
    let mut client = Client::v3("root");
    client.api = "2020-06-06";
    assert_eq!(house.send(client.call("ListChatGroup", &[])).await.accepted()["Code"], "OK");
    assert_eq!(house.call("Echo", &[("AppId", "a")]).await.accepted().get("Code"), None);
}

#[tokio::test]
async fn throttling_says_in_milliseconds_when_to_come_back() {
    let house = House::throttled(&muster_gateway::ThrottleConfig::default());
    for _ in 0..2 {
        house.call("Echo", &[("AppId", "a")]).await.accepted();
    }
    let answer = house.call("Echo", &[("AppId", "a")]).await;
    answer.refused(400, "Throttling.User");
    assert_eq!(answer.member("Message"), "Request was denied due to user flow control.");
    assert_eq!(answer.header("x-acs-retry-after"), "500");
    assert_eq!(answer.header("x-ratelimit-user-api"), "Remain:0,TimeLeft:500");
}

#[tokio::test(start_paused = true)]
async fn an_answer_comes_within_three_seconds() {
    let house = House::new();
    let begun = tokio::time::Instant::now();
    house.call("Slow", &[]).await.refused(500, "ServerError");
    assert_eq!(begun.elapsed().as_secs(), 3);
}

#[tokio::test]
async fn unknown_and_common_parameters_are_ignored() {
    let house = House::new();
    let parameters = [
        ("AppId", "a"),
        ("RegionId", "cn-shanghai"),
        ("OwnerId", "1"),
        ("ResourceOwnerAccount", "x"),
        ("ClientToken", "t"),
        ("Whatever.1.Is", "this"),
    ];
    for version in BOTH {
        house.send(Client::new(version, "root").call("Echo", &parameters)).await.accepted();
    }
}

#[tokio::test]
async fn lists_and_objects_are_taken_in_every_style_of_the_clients() {
    let house = House::new();
    for parameters in [
        &[("Ids", "a,b"), ("Page", r#"{"Index":1,"Size":20}"#), ("Flag", "True")][..],
        &[("Ids.1", "a"), ("Ids.2", "b"), ("Page", r#"{"Index": 1, "Size": 20}"#), ("Flag", "true")],
        &[("Ids", r#"["a","b"]"#), ("Page.Index", "1"), ("Page.Size", "20"), ("Flag", "TRUE")],
    ] {
        let all: Vec<_> = parameters.iter().copied().chain([("AppId", "a"), ("PageSize", "None")]).collect();
        let answer = house.call("Echo", &all).await.accepted();
        assert_eq!(answer["Ids"], json!(["a", "b"]));
        assert_eq!(answer["Page"], json!({"Index": 1, "Size": 20}));
        assert_eq!(answer["Flag"], true);
    }
}
