//! Requests of the official clients, as captured on the wire: each verifies, and none verifies after
//! any change of a signed part. `tests/vectors/` holds them, one file per client.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request};
use proptest::prelude::*;
use serde::Deserialize;

use super::{v1, v3};
use crate::authenticate::{Presented, check_v1, check_v3, parse_v3};
use crate::config::GatewayConfig;
use crate::failure::Failure;
use crate::identity::{AccessKey, Principal};
use crate::percent;
use crate::request::{Common, Received, receive};
use crate::signature::SignatureForm;

const FILES: [(&str, &str); 11] = [
    ("acs-py-cams", include_str!("../../tests/vectors/acs-py-cams.json")),
    ("acs-py-live", include_str!("../../tests/vectors/acs-py-live.json")),
    ("npm-cams20200606", include_str!("../../tests/vectors/npm-cams20200606.json")),
    ("npm-openapi-client-cams", include_str!("../../tests/vectors/npm-openapi-client-cams.json")),
    ("npm-openapi-client-live", include_str!("../../tests/vectors/npm-openapi-client-live.json")),
    ("npm-openapi-core-live", include_str!("../../tests/vectors/npm-openapi-core-live.json")),
    ("npm-pop-core-cams", include_str!("../../tests/vectors/npm-pop-core-cams.json")),
    ("npm-pop-core-live", include_str!("../../tests/vectors/npm-pop-core-live.json")),
    ("official-doc-samples", include_str!("../../tests/vectors/official-doc-samples.json")),
    ("tea-py-cams", include_str!("../../tests/vectors/tea-py-cams.json")),
    ("tea-py-live", include_str!("../../tests/vectors/tea-py-live.json")),
];

/// A captured request. See `tests/vectors/` for what the members mean.
#[derive(Debug, Clone, Deserialize)]
struct Vector {
    #[serde(default)]
    case: String,
    #[serde(default)]
    file: String,
    method: String,
    #[serde(default)]
    target: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body_base64: String,
    #[serde(skip)]
    body: Vec<u8>,
    #[serde(default)]
    algorithm: Option<String>,
    #[serde(default)]
    access_key_id: Option<String>,
    #[serde(default)]
    access_key_secret: Option<String>,
    #[serde(default)]
    canonical_request: Option<String>,
    #[serde(default)]
    string_to_sign: Option<String>,
    #[serde(default)]
    published_signature: Option<String>,
    #[serde(default)]
    params: std::collections::BTreeMap<String, String>,
    #[serde(default, rename = "match")]
    matches: Option<bool>,
    #[serde(default)]
    match_raw_names: bool,
}

fn vectors() -> Vec<Vector> {
    let mut all = Vec::new();
    for (file, text) in FILES {
        let vectors: Vec<Vector> = serde_json::from_str(text).expect("a file of vectors");
        all.extend(vectors.into_iter().map(|mut vector| {
            file.clone_into(&mut vector.file);
            vector.body = STANDARD.decode(&vector.body_base64).expect("Base64");
            complete(&mut vector);
            vector
        }));
    }
    all
}

/// The samples of the documentation are not requests; this makes them ones.
fn complete(vector: &mut Vector) {
    let Some(signature) = vector.published_signature.clone() else { return };
    if vector.params.is_empty() {
        let names: Vec<&str> = vector.headers.iter().map(|(name, _)| name.as_str()).collect();
        let authorization = format!(
            "ACS3-HMAC-SHA256 Credential={},SignedHeaders={},Signature={signature}",
            vector.access_key_id.clone().unwrap_or_default(),
            names.join(";")
        );
        vector.headers.push(("Authorization".into(), authorization));
    } else {
        let mut pairs: Vec<(String, String)> = vector.params.clone().into_iter().collect();
        pairs.push(("Signature".into(), signature));
        vector.target = format!("/?{}", encoded(&pairs));
    }
}

impl Vector {
    fn name(&self) -> String {
        format!("{} / {}", self.file, self.case)
    }

    fn is_signed(&self) -> bool {
        self.published_signature.is_some() || self.matches.is_some()
    }

    /// Whether it must verify. SM3 is refused by name; the older Python SDK's JSON body is signed as
    /// if it were a form.
    fn must_verify(&self) -> bool {
        let sm3 = self.algorithm.as_deref() == Some("ACS3-HMAC-SM3");
        self.is_signed() && !sm3 && (self.matches == Some(true) || self.match_raw_names)
    }

    fn key(&self) -> AccessKey {
        let secret = self.access_key_secret.clone().expect("a secret");
        AccessKey::new("id", &secret, true, Arc::new(Principal::root("1")))
    }

    fn head(&self) -> Parts {
        let mut request = Request::builder().method(self.method.as_str()).uri(self.target.as_str());
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            request =
                request.header(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header value"));
        }
        request.body(()).expect("a request").into_parts().0
    }

    fn verify(&self) -> Result<(), Failure> {
        let head = self.head();
        let form = SignatureForm::in_headers(&head.headers);
        let Received { parameters, query } = receive(&head, &self.body, &form, &GatewayConfig::default())?;
        let request = Presented { head: &head, parameters: &parameters, query: &query, body: &self.body };
        match form.or_in_parameters(&Common::of(&parameters)) {
            SignatureForm::V1(credentials) => {
                check_v1(&self.key(), &request, credentials.signature).map(drop)
            }
            SignatureForm::V3(credentials) => {
                check_v3(&self.key(), &parse_v3(credentials.authorization)?, &request)
            }
            SignatureForm::OtherMethod | SignatureForm::Unsupported | SignatureForm::Anonymous { .. } => {
                Err(Failure::error(400, "Unsigned", ""))
            }
        }
    }

    fn is_v1(&self) -> bool {
        let head = self.head();
        let form = SignatureForm::in_headers(&head.headers);
        let received = receive(&head, &self.body, &form, &GatewayConfig::default()).expect("a request");
        matches!(form.or_in_parameters(&Common::of(&received.parameters)), SignatureForm::V1(_))
    }

    fn is_form(&self) -> bool {
        self.headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("content-type")
                && value.starts_with("application/x-www-form-urlencoded")
        })
    }

    fn query(&self) -> Vec<(String, String)> {
        decoded(self.target.split_once('?').map_or("", |(_, query)| query))
    }

    fn with_query(&self, pairs: &[(String, String)]) -> Self {
        Self { target: format!("/?{}", encoded(pairs)), ..self.clone() }
    }

    fn with_form(&self, pairs: &[(String, String)]) -> Self {
        Self { body: encoded(pairs).into_bytes(), ..self.clone() }
    }
}

fn decoded(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    percent::read_pairs(text, 1000, &mut pairs).expect("pairs");
    pairs.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn encoded(pairs: &[(String, String)]) -> String {
    let mut out = Vec::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push(b'&');
        }
        percent::encode_into(&mut out, name);
        out.push(b'=');
        percent::encode_into(&mut out, value);
    }
    String::from_utf8(out).expect("ASCII")
}

/// Every text that differs from this one in one character; a longer one, too, for the empty text.
fn altered(text: &str) -> Vec<String> {
    if text.is_empty() {
        return vec!["x".to_owned()];
    }
    text.char_indices()
        .map(|(at, letter)| {
            let other = if letter == '1' { '2' } else { '1' };
            format!("{}{other}{}", &text[..at], &text[at + letter.len_utf8()..])
        })
        .collect()
}

/// Every list of pairs that differs from this one in one character of a name or value.
fn altered_pairs(pairs: &[(String, String)]) -> Vec<Vec<(String, String)>> {
    let mut all = Vec::new();
    for at in 0..pairs.len() {
        for name in altered(&pairs[at].0) {
            let mut pairs = pairs.to_vec();
            pairs[at].0 = name;
            all.push(pairs);
        }
        for value in altered(&pairs[at].1) {
            let mut pairs = pairs.to_vec();
            pairs[at].1 = value;
            all.push(pairs);
        }
    }
    all
}

/// Every request that differs from this one in one character of one signed part.
fn alterations(vector: &Vector) -> Vec<Vector> {
    let other_method = if vector.method == "GET" { "POST" } else { "GET" };
    let mut all = vec![Vector { method: other_method.into(), ..vector.clone() }];
    let form =
        if vector.is_form() { decoded(std::str::from_utf8(&vector.body).expect("text")) } else { Vec::new() };
    // A query parameter that the body overrides counts for nothing, and V1 does not sign it.
    let query: Vec<_> = vector
        .query()
        .into_iter()
        .filter(|(name, _)| !vector.is_v1() || form.iter().all(|(other, _)| other != name))
        .collect();
    all.extend(altered_pairs(&query).iter().map(|pairs| vector.with_query(pairs)));
    if vector.is_v1() {
        all.extend(altered_pairs(&form).iter().map(|pairs| vector.with_form(pairs)));
        return all;
    }
    for at in 0..vector.body.len() {
        let mut altered = vector.clone();
        altered.body[at] ^= 1;
        all.push(altered);
    }
    let authorization = vector
        .headers
        .iter()
        .find(|(name, _)| name == "Authorization" || name == "authorization")
        .expect("it");
    let authorization = parse_v3(&authorization.1).expect("an authorization");
    for (at, (name, value)) in vector.headers.iter().enumerate() {
        let signature = authorization.signature;
        let values = if name.eq_ignore_ascii_case("authorization") {
            let list = authorization.signed_headers;
            let signatures = altered(signature).into_iter().map(|other| value.replace(signature, &other));
            signatures.chain(altered(list).into_iter().map(|other| value.replace(list, &other))).collect()
        } else if authorization.signs(&name.to_lowercase()) {
            altered(value)
        } else {
            Vec::new()
        };
        for value in values {
            let mut altered = vector.clone();
            altered.headers[at].1 = value;
            all.push(altered);
        }
    }
    all
}

#[test]
fn every_captured_request_is_accounted_for() {
    let all = vectors();
    let count = |test: fn(&Vector) -> bool| all.iter().filter(|vector| test(vector)).count();
    assert_eq!(all.len(), 86);
    assert_eq!(count(Vector::is_signed), 81);
    assert_eq!(count(Vector::must_verify), 79);
}

#[test]
fn every_captured_request_verifies_with_its_secret() {
    for vector in vectors().iter().filter(|vector| vector.must_verify()) {
        vector.verify().unwrap_or_else(|failure| panic!("{}: {}", vector.name(), failure.message));
    }
}

#[test]
fn every_captured_request_has_the_documented_string_to_sign() {
    for vector in vectors().iter().filter(|vector| vector.must_verify()) {
        let head = vector.head();
        let form = SignatureForm::in_headers(&head.headers);
        let received = receive(&head, &vector.body, &form, &GatewayConfig::default()).expect("a request");
        let expected = vector.string_to_sign.as_deref().expect("a string to sign");
        let form = form.or_in_parameters(&Common::of(&received.parameters));
        let SignatureForm::V3(credentials) = form else {
            let actual = v1::string_to_sign(&vector.method, &received.parameters, v1::Covers::All);
            assert_eq!(String::from_utf8_lossy(&actual), expected, "{}", vector.name());
            continue;
        };
        let mut query = received.query;
        query.sort();
        let hash = v3::hash(&vector.body);
        let signed =
            v3::Signed { method: &head.method, query: &query, headers: &head.headers, body_hash: &hash };
        let signed_headers = parse_v3(credentials.authorization).expect("an authorization").signed_headers;
        let canonical = signed.canonical(signed_headers, v3::Names::Encoded);
        assert_eq!(
            Some(&*String::from_utf8_lossy(&canonical)),
            vector.canonical_request.as_deref(),
            "{}",
            vector.name()
        );
        assert_eq!(v3::string_to_sign(&canonical), expected, "{}", vector.name());
    }
}

#[test]
fn no_captured_request_verifies_after_a_change_of_a_signed_part() {
    for vector in vectors().iter().filter(|vector| vector.must_verify()) {
        let alterations = alterations(vector);
        assert!(alterations.len() > 100, "{}: {}", vector.name(), alterations.len());
        for altered in alterations {
            assert!(altered.verify().is_err(), "{}: {altered:?}", vector.name());
        }
    }
}

#[test]
fn no_captured_request_verifies_with_another_secret() {
    for vector in vectors().iter().filter(|vector| vector.must_verify()) {
        let secret = vector.access_key_secret.clone().map(|secret| format!("{secret}x"));
        let other = Vector { access_key_secret: secret, ..vector.clone() };
        assert_eq!(other.verify().expect_err("it should be refused").code, "SignatureDoesNotMatch");
    }
}

#[test]
fn requests_are_verified_however_their_parameters_are_encoded() {
    for vector in vectors().iter().filter(|vector| vector.must_verify()) {
        vector.with_query(&vector.query()).verify().unwrap_or_else(|failure| {
            panic!("{} strictly encoded: {}", vector.name(), failure.message);
        });
        let plus = vector.target.replace("%20", "+");
        Vector { target: plus, ..vector.clone() }.verify().unwrap_or_else(|failure| {
            panic!("{} with plus signs: {}", vector.name(), failure.message);
        });
    }
}

#[test]
fn a_header_that_means_something_must_be_signed() {
    let vectors = vectors();
    let vector = vectors.iter().find(|vector| vector.file == "tea-py-live").expect("a vector");
    let mut unsigned = vector.clone();
    unsigned.headers.push(("x-acs-security-token".into(), "token".into()));
    assert_eq!(unsigned.verify().expect_err("it should be refused").code, "IncompleteSignature");
}

#[test]
fn names_that_could_be_read_as_several_parameters_are_not_taken_raw() {
    let key = AccessKey::new("id", "secret", true, Arc::new(Principal::root("1")));
    let signed = |target: &str, names: v3::Names| {
        let head = Request::builder()
            .uri(target)
            .header("host", "h")
            .header("x-acs-content-sha256", v3::hash(b""))
            .body(())
            .expect("a request")
            .into_parts()
            .0;
        let mut pairs = Vec::new();
        percent::read_pairs(head.uri.query().unwrap_or_default(), 9, &mut pairs).expect("pairs");
        let hash = v3::hash(b"");
        let request =
            v3::Signed { method: &head.method, query: &pairs, headers: &head.headers, body_hash: &hash };
        let text = v3::string_to_sign(&request.canonical("host;x-acs-content-sha256", names));
        let tag = ring::hmac::sign(key.v3(), text.as_bytes());
        tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let check = |target: &str, signature: &str| {
        let vector = Vector {
            target: target.into(),
            method: "GET".into(),
            headers: vec![
                ("host".into(), "h".into()),
                ("x-acs-content-sha256".into(), v3::hash(b"")),
                (
                    "authorization".into(),
                    format!(
                        "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host;x-acs-content-sha256,Signature={signature}"
                    ),
                ),
            ],
            access_key_secret: Some("secret".into()),
            ..serde_json::from_str(r#"{"method":"GET"}"#).expect("a vector")
        };
        vector.verify().is_ok()
    };
    assert!(check("/?a%20b=1", &signed("/?a%20b=1", v3::Names::Raw)));
    let two = signed("/?a=b&c=1", v3::Names::Encoded);
    assert!(check("/?a=b&c=1", &two));
    assert!(!check("/?a%3Db%26c=1", &two));
}

proptest! {
    #[test]
    fn any_signed_parameters_verify_and_none_that_differ(
        pairs in prop::collection::btree_map("[A-Za-z.]{1,8}", "\\PC{0,12}", 1..8),
        at: prop::sample::Index, replacement in "\\PC{0,12}",
    ) {
        let mut pairs: Vec<(String, String)> = pairs.into_iter().collect();
        pairs.retain(|(name, _)| name != "Signature");
        prop_assume!(!pairs.is_empty());
        let key = v1::key("secret");
        let text = |pairs: &[(String, String)]| {
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            v1::string_to_sign("GET", &crate::parameter::Parameters::of(&pairs), v1::Covers::All)
        };
        let signature = v1::sign(&key, &text(&pairs));
        prop_assert!(v1::verify(&key, &text(&pairs), &signature));
        let at = at.index(pairs.len());
        prop_assume!(pairs[at].1 != replacement);
        pairs[at].1 = replacement;
        prop_assert!(!v1::verify(&key, &text(&pairs), &signature));
    }

    #[test]
    fn no_authorization_makes_the_reader_panic(header in "\\PC{0,80}") {
        let _ = parse_v3(&header);
        let _ = parse_v3(&format!("ACS3-HMAC-SHA256 {header}"));
    }
}
