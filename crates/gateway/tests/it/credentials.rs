//! Keys, times, nonces and tokens.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;

use crate::support::{Client, House, NOW, Version};

const BOTH: [Version; 2] = [Version::V1, Version::V3];

#[tokio::test]
async fn an_unknown_key_is_not_found_and_a_disabled_one_is_inactive() {
    let house = House::new();
    for version in BOTH {
        let unknown = house.send(Client::new(version, "nobody").call("Quiet", &[])).await;
        unknown.refused(404, "InvalidAccessKeyId.NotFound");
        assert_eq!(unknown.member("Message"), "Specified access key is not found.");
        house
            .send(Client::new(version, "idle").call("Quiet", &[]))
            .await
            .refused(400, "InvalidAccessKeyId.Inactive");
    }
}

#[tokio::test]
async fn the_clock_window_is_15_minutes_either_way() {
    let house = House::new();
    for version in BOTH {
        for (offset, accepted) in [(900_000, true), (-900_000, true), (901_000, false), (-901_000, false)] {
            house.clock.set(NOW + offset);
            let answer = house.send(Client::new(version, "root").call("Quiet", &[])).await;
            if accepted {
                answer.accepted();
            } else {
                answer.refused(400, "InvalidTimeStamp.Expired");
            }
        }
        house.clock.set(NOW);
    }
}

#[tokio::test]
async fn a_time_of_another_form_is_not_well_formatted() {
    let house = House::new();
    for version in BOTH {
        for date in ["2026-11-20 10:00:00", "now", "2026-11-20T18:00:00+08:00"] {
            let mut client = Client::new(version, "root");
            client.date = date.to_owned();
            house.send(client.call("Quiet", &[])).await.refused(400, "InvalidTimeStamp.Format");
        }
        let mut client = Client::new(version, "root");
        client.date = "2026-11-20T10:00:00.123Z".to_owned();
        house.send(client.call("Quiet", &[])).await.accepted();
    }
}

#[tokio::test]
async fn a_request_is_accepted_once() {
    let house = House::new();
    for version in BOTH {
        let client = Client::new(version, "root");
        house.send(client.call("Quiet", &[])).await.accepted();
        house.send(client.call("Quiet", &[])).await.refused(400, "SignatureNonceUsed");
        house.send(client.call("Echo", &[("AppId", "a")])).await.refused(400, "SignatureNonceUsed");
    }
}

#[tokio::test]
async fn a_wrong_signature_burns_no_nonce() {
    let house = House::new();
    for version in BOTH {
        let client = Client::new(version, "root");
        let forged = client.clone().secret("forged");
        house.send(forged.call("Quiet", &[])).await.refused(400, "SignatureDoesNotMatch");
        house.send(client.call("Quiet", &[])).await.accepted();
    }
}

#[tokio::test]
async fn a_refused_request_burns_its_nonce_all_the_same() {
    let house = House::new();
    let client = Client::v1("root");
    house.send(client.call("Echo", &[])).await.refused(400, "InputInvalid");
    house.send(client.call("Echo", &[])).await.refused(400, "SignatureNonceUsed");
}

#[tokio::test]
async fn every_mandatory_part_of_v1_is_named_when_it_is_missing() {
    let house = House::new();
    for name in ["Action", "Version", "Timestamp", "SignatureNonce", "SignatureMethod", "AccessKeyId"] {
        let answer = house.send(Client::v1("root").call("Quiet", &[(name, "")])).await;
        answer.refused(400, &format!("Missing{name}"));
        assert_eq!(answer.member("Message"), format!("{name} is mandatory for this action."));
    }
}

#[tokio::test]
async fn an_unsigned_request_is_told_what_is_missing() {
    let house = House::new();
    let get = |query: &str| {
        Request::get(format!("/?{query}"))
            .header("host", "h")
            .body(Full::new(Bytes::new()))
            .expect("a request")
    };
    let unsigned = "Action=Quiet&Version=2016-11-01";
    house.send(get(unsigned)).await.refused(400, "MissingAccessKeyId");
    house.send(get(&format!("{unsigned}&AccessKeyId=root"))).await.refused(400, "MissingSignature");
    house.send(get("Version=2016-11-01")).await.refused(400, "MissingAction");
    house.send(get("Action=Quiet")).await.refused(400, "MissingVersion");
}

#[tokio::test]
async fn an_unknown_action_or_version_is_refused_before_the_signature() {
    let house = House::new();
    for version in BOTH {
        let forged = Client::new(version, "root").secret("forged");
        let answer = house.send(forged.call("NoSuchThing", &[])).await;
        answer.refused(404, "InvalidAction.NotFound");
        let message = format!(
            "Specified api is not found, please check your url and method. NoSuchThing is not an action of \
             this server, Muster {}.",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(answer.member("Message"), message);
        house.send(forged.call("ListChatGroup", &[])).await.refused(404, "InvalidAction.NotFound");
        let mut other = forged.clone();
        other.api = "2015-01-01";
        house.send(other.call("Quiet", &[])).await.refused(400, "InvalidVersion");
    }
}

#[tokio::test]
async fn other_methods_than_get_and_post_are_not_supported() {
    let house = House::new();
    for version in BOTH {
        for (method, accepted) in [("GET", true), ("POST", true), ("PUT", false), ("HEAD", false)] {
            let mut client = Client::new(version, "root");
            client.method = method;
            let answer = house.send(client.call("Quiet", &[])).await;
            if accepted {
                answer.accepted();
            } else {
                answer.refused(400, "UnsupportedHTTPMethod");
            }
        }
    }
}

#[tokio::test]
async fn other_signature_methods_are_not_valid() {
    let house = House::new();
    let with = |method| Client::v1("root").call("Quiet", &[("SignatureMethod", method)]);
    house.send(with("Hmac-SHA1")).await.accepted();
    house.send(with("HMAC-SHA256")).await.refused(400, "InvalidSignatureMethod");
    let version = Client::v1("root").call("Quiet", &[("SignatureVersion", "2.0")]);
    house.send(version).await.refused(400, "InvalidSignatureVersion");
    for algorithm in ["ACS3-HMAC-SM3", "ACS3-RSA-SHA256", "ACS4-HMAC-SHA256"] {
        let (mut head, body) = Client::v3("root").call("Quiet", &[]).into_parts();
        let header =
            head.headers["authorization"].to_str().expect("text").replace("ACS3-HMAC-SHA256", algorithm);
        head.headers.insert("authorization", header.parse().expect("a value"));
        house.send(Request::from_parts(head, body)).await.refused(400, "InvalidSignatureMethod");
    }
}

#[tokio::test]
async fn an_authorization_without_its_parts_is_incomplete() {
    let house = House::new();
    for header in ["ACS3-HMAC-SHA256", "ACS3-HMAC-SHA256 Credential=root", "ACS3-HMAC-SHA256 x"] {
        let request = Request::post("/")
            .header("host", "h")
            .header("x-acs-action", "Quiet")
            .header("x-acs-version", "2016-11-01")
            .header("authorization", header)
            .body(Full::new(Bytes::new()))
            .expect("a request");
        house.send(request).await.refused(400, "IncompleteSignature");
    }
}

#[tokio::test]
async fn bearer_tokens_are_not_supported() {
    let house = House::new();
    let get = |query: &str| {
        Request::get(format!("/?{query}")).header("host", "h").header("x-acs-bearer-token", "t")
    };
    let request = get("Action=Quiet&Version=2016-11-01&SignatureType=BEARERTOKEN");
    let answer = house.send(request.body(Full::new(Bytes::new())).expect("a request")).await;
    answer.refused(403, "UnsupportedSignatureType");
    assert_eq!(answer.member("Message"), "This signature type is not supported.");
}

#[tokio::test]
async fn temporary_credentials_are_refused_with_their_codes() {
    let house = House::new();
    for (key, token, code) in [
        ("STS.abc", "", "MissingSecurityToken"),
        ("STS.abc", "token", "InvalidSecurityToken.Malformed"),
        ("root", "token", "InvalidSecurityToken.MismatchWithAccessKey"),
    ] {
        house.send(Client::v1(key).call("Quiet", &[("SecurityToken", token)])).await.refused(400, code);
        let mut client = Client::v3(key);
        client.headers = vec![("x-acs-security-token", token.to_owned())];
        house.send(client.call("Quiet", &[])).await.refused(400, code);
    }
    house.send(Client::v1("root").call("Quiet", &[("SecurityToken", "")])).await.accepted();
}

/// A client of a temporary key of the test support.
fn temporary(version: Version, name: &str, token: &str) -> Client {
    let mut client = Client::new(version, &format!("STS.{name}"));
    client.headers = vec![("x-acs-security-token", token.to_owned())];
    client
}

async fn call_temporary(house: &House, name: &str, token: &str, action: &str) -> [crate::support::Reply; 2] {
    let v1 = Client::v1(&format!("STS.{name}")).call(action, &[("SecurityToken", token)]);
    let v3 = temporary(Version::V3, name, token).call(action, &[]);
    [house.send(v1).await, house.send(v3).await]
}

#[tokio::test]
async fn a_temporary_key_is_good_with_its_token_until_its_time_is_over() {
    let house = House::new();
    for answer in call_temporary(&house, "short", "short-token", "Quiet").await {
        answer.accepted();
    }
    for (token, code) in [
        ("", "MissingSecurityToken"),
        ("made-up", "InvalidSecurityToken.Malformed"),
        ("narrow-token", "InvalidSecurityToken.MismatchWithAccessKey"),
    ] {
        for answer in call_temporary(&house, "short", token, "Quiet").await {
            answer.refused(400, code);
        }
    }
    house.clock.advance(60_000);
    for answer in call_temporary(&house, "short", "short-token", "Quiet").await {
        answer.refused(400, "InvalidSecurityToken.Expired");
        assert_eq!(answer.member("Message"), "Specified SecurityToken is expired.");
    }
}

#[tokio::test]
async fn a_token_that_is_not_signed_proves_nothing() {
    let (mut head, body) = temporary(Version::V3, "short", "short-token").call("Quiet", &[]).into_parts();
    let signed = head.headers["authorization"].to_str().expect("text").replace(";x-acs-security-token", "");
    head.headers.insert("authorization", signed.parse().expect("a value"));
    House::new().send(Request::from_parts(head, body)).await.refused(400, "IncompleteSignature");
}

#[tokio::test]
async fn a_session_may_do_what_both_its_role_and_its_session_policy_allow() {
    let house = House::new();
    for (action, parameters, refusal) in [
        ("Quiet", &[][..], None),
        ("Echo", &[("AppId", "a")], Some(("SessionPolicy", "ImplicitDeny"))),
        ("Broken", &[], Some(("AccountLevelIdentityBasedPolicy", "ExplicitDeny"))),
    ] {
        let answer =
            house.send(temporary(Version::V3, "narrow", "narrow-token").call(action, parameters)).await;
        let Some((policy, kind)) = refusal else {
            answer.accepted();
            continue;
        };
        answer.refused(403, "NoAuth");
        let detail = answer.json()["AccessDeniedDetail"].take();
        assert_eq!((&detail["PolicyType"], &detail["NoPermissionType"]), (&policy.into(), &kind.into()));
        assert_eq!(detail["AuthPrincipalType"], "AssumedRoleUser");
        assert_eq!(detail["AuthPrincipalDisplayName"], "host:narrow");
    }
}

#[tokio::test]
async fn a_content_md5_must_be_that_of_the_body() {
    let house = House::new();
    let mut client = Client::v1("root");
    client.form = vec![("AppId".into(), "a".into())];
    client.headers = vec![("content-md5", "XrY7u+Ae7tCTyyK7j1rNww==".into())];
    house.send(client.call("Echo", &[])).await.refused(400, "ContentMD5NotMatched");
}
