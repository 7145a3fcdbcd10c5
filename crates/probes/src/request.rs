//! Requests to the API's gateway: signed by a second canonicaliser, written from the documentation and not from the
//! gateway's code, and raw.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use muster_gateway::{
    AccessKey, Call, Catalogue, Denial, Environment, Failure, Gateway, GatewayConfig, Identities, Level,
    Operation, ParameterFault, Principal, Product, ProductSet, Spec, ThrottleConfig, parameter::Json,
};
use ring::{digest, hmac};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::source::Source;

/// 2027-01-15T08:00:00Z, when every probe happens.
const NOW: i64 = 1_800_000_000_000;
const STAMP: &str = "2027-01-15T08:00:00Z";
const KEY: &str = "LTAIprobe";
const SECRET: &str = "a secret of the probe";
const HOST: &str = "probe.example.com";

struct Probed;

impl Product for Probed {
    type State = ();
    type Error = Failure;
    const CODE: &'static str = "probed";
    const VERSION: &'static str = "2026-01-01";
    const TITLE: &'static str = "Probed";

    fn parameter_fault(fault: &ParameterFault) -> Failure {
        Failure::error(400, "InputInvalid", format!("{fault}."))
    }

    fn denied(denial: &Denial) -> Failure {
        Failure::error(403, "NoAuth", format!("You may not {} on {}.", denial.action, denial.resource))
    }

    fn unavailable() -> Failure {
        Failure::error(503, "ServiceUnavailable", "Try again.")
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct EchoRequest {
    /// A text.
    text: Option<String>,
    /// Names and values of the caller's choice.
    extension: Option<Json<BTreeMap<String, String>>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct EchoResponse {
    /// The text.
    text: String,
    /// The names and values.
    extension: BTreeMap<String, String>,
}

struct Echo;

impl Operation for Echo {
    type Product = Probed;
    type Request = EchoRequest;
    type Response = EchoResponse;
    const SPEC: Spec = Spec::new("Echo", "Says what it was told.").level(Level::Get).quota(0);

    async fn call(_: &Call<'_, ()>, request: EchoRequest) -> Result<EchoResponse, Failure> {
        Ok(EchoResponse {
            text: request.text.unwrap_or_default(),
            extension: request.extension.map(|extension| extension.0).unwrap_or_default(),
        })
    }
}

/// The one key that there is.
struct OneKey(Arc<AccessKey>);

impl Identities for OneKey {
    fn access_key(&self, id: &str) -> Option<Arc<AccessKey>> {
        (id == KEY).then(|| Arc::clone(&self.0))
    }
}

/// A machine on which nothing moves.
struct Still;

impl Environment for Still {
    fn now(&self) -> i64 {
        NOW
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(5);
    }
}

struct House {
    runtime: Runtime,
    gateway: Gateway,
    nonces: AtomicU64,
}

fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| {
        let products = ProductSet::new().with(Catalogue::<Probed>::new(()).operation::<Echo>());
        let key = AccessKey::new(KEY, SECRET, true, Arc::new(Principal::root("1234567890123456")));
        let throttle = ThrottleConfig { enabled: false, ..ThrottleConfig::default() };
        let gateway =
            Gateway::new(products, OneKey(Arc::new(key)), Still, GatewayConfig::default(), &throttle)
                .expect("a gateway for the probe");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        House { runtime: runtime.expect("a runtime"), gateway, nonces: AtomicU64::new(0) }
    })
}

/// A request of any kind is answered in the form that it asks for; one that is signed as documented is believed.
pub fn request(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    match source.byte() % 3 {
        0 => raw(source),
        1 => {
            let pairs = pairs(&mut source);
            believed(&signed_v1(&pairs, source.one_of(&["GET", "POST"])));
        }
        _ => {
            let (query, form) = (pairs(&mut source), pairs(&mut source));
            believed(&signed_v3(&query, &form));
        }
    }
}

/// Whatever an answer in XML says, it can be read as XML.
pub fn xml_answer(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let mut members = BTreeMap::new();
    for _ in 0..source.byte() % 4 {
        members.insert(source.text(24), source.text(24));
    }
    let extension = serde_json::to_string(&members).expect("texts have a JSON form");
    let text = String::from_utf8_lossy(source.rest()).into_owned();
    let pairs = BTreeMap::from([
        ("Format".to_owned(), "XML".to_owned()),
        ("Extension".to_owned(), extension),
        ("Text".to_owned(), text),
    ]);
    let answer = believed(&signed_v1(&pairs, "POST"));
    assert!(matches!(answer, Told::Xml), "the answer is not the XML that was asked for");
}

/// What an answer turned out to be.
enum Told {
    Json(Value),
    Xml,
}

/// A request as its parts.
struct Parts {
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Sends it; `None` for what no HTTP server would hand on.
fn answered(parts: &Parts) -> Option<Response<Full<Bytes>>> {
    let mut request = Request::builder().method(parts.method).uri(&parts.target);
    for (name, value) in &parts.headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::from(parts.body.clone()))).ok()?;
    let house = house();
    let peer = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 40_000);
    Some(house.runtime.block_on(house.gateway.handle(request, peer, false)))
}

/// Reads an answer in the form that it says it has.
fn told(response: Response<Full<Bytes>>) -> Told {
    let status = response.status();
    assert!(!status.is_informational() && !status.is_redirection(), "status {status}");
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let xml = kind.contains("xml");
    let body = house().runtime.block_on(response.into_body().collect()).map(|body| body.to_bytes());
    let body = body.unwrap_or_default();
    let text = std::str::from_utf8(&body).expect("an answer is UTF-8");
    if xml {
        if let Err(fault) = roxmltree::Document::parse(text) {
            panic!("{fault} in {text}");
        }
        return Told::Xml;
    }
    let value: Value = serde_json::from_str(text).expect("an answer is JSON");
    assert!(value.is_object(), "an answer is an object");
    Told::Json(value)
}

/// Sends what is signed as documented; whatever else is wrong with it, its signature is right.
fn believed(parts: &Parts) -> Told {
    let answer = told(answered(parts).expect("a request that is well-formed"));
    if let Told::Json(value) = &answer {
        let code = value["Code"].as_str().unwrap_or_default();
        assert!(
            !code.contains("Signature"),
            "{value} to {} {} with {:?} and {}",
            parts.method,
            parts.target,
            parts.headers,
            String::from_utf8_lossy(&parts.body)
        );
    }
    answer
}

fn raw(mut source: Source<'_>) {
    let method = source.one_of(&["GET", "POST", "PUT", "HEAD"]);
    let target = format!("/?{}", source.text(200));
    let known = [
        "host",
        "authorization",
        "content-type",
        "x-acs-action",
        "x-acs-version",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-content-sha256",
        "content-length",
        "accept",
    ];
    let mut headers = Vec::new();
    for _ in 0..source.byte() % 8 {
        headers.push((source.one_of(&known).to_owned(), source.text(80)));
    }
    let parts = Parts { method, target, headers, body: source.rest().to_vec() };
    if let Some(response) = answered(&parts) {
        told(response);
    }
}

/// Parameters with names of their own.
fn pairs(source: &mut Source<'_>) -> BTreeMap<String, String> {
    let mut pairs = BTreeMap::new();
    for _ in 0..source.byte() % 6 {
        let name = match source.byte() % 3 {
            0 => source.one_of(&["Text", "Extension", "Ids.1", "Format"]).to_owned(),
            _ => source.text(12),
        };
        // The gateway's own names are set below; a name of none is no parameter.
        let own =
            ["Action", "Version", "Timestamp", "AccessKeyId", "Signature", "SecurityToken", "BearerToken"];
        if !name.is_empty() && !own.iter().any(|own| name.starts_with(own)) {
            pairs.insert(name, source.text(24));
        }
    }
    pairs
}

/// RFC 3986: everything but letters, digits and `-_.~` as its bytes.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for half in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(half)]));
            }
        }
    }
    out
}

/// `a=b&c=d`, sorted by the names as they are.
fn joined(pairs: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}

fn nonce() -> String {
    format!("probe-{}", house().nonces.fetch_add(1, Ordering::Relaxed))
}

/// The first version: HMAC-SHA1 over every parameter.
fn signed_v1(pairs: &BTreeMap<String, String>, method: &'static str) -> Parts {
    let mut all = pairs.clone();
    for (name, value) in [
        ("Action", "Echo"),
        ("Version", "2026-01-01"),
        ("AccessKeyId", KEY),
        ("Timestamp", STAMP),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", &nonce()),
    ] {
        all.insert(name.to_owned(), value.to_owned());
    }
    let text = format!("{method}&{}&{}", encoded("/"), encoded(&joined(&all)));
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{SECRET}&").as_bytes());
    all.insert("Signature".to_owned(), STANDARD.encode(hmac::sign(&key, text.as_bytes())));
    let mut headers = vec![("host".to_owned(), HOST.to_owned())];
    let form = method == "POST";
    if form {
        headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
    }
    let (target, body) =
        if form { ("/".to_owned(), joined(&all)) } else { (format!("/?{}", joined(&all)), String::new()) };
    Parts { method, target, headers, body: body.into_bytes() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The third version: HMAC-SHA256 over query, headers and the hash of the body.
fn signed_v3(query: &BTreeMap<String, String>, form: &BTreeMap<String, String>) -> Parts {
    let body = joined(form);
    let hash = hex(digest::digest(&digest::SHA256, body.as_bytes()).as_ref());
    let mut headers = BTreeMap::from([
        ("host", HOST.to_owned()),
        ("x-acs-action", "Echo".to_owned()),
        ("x-acs-version", "2026-01-01".to_owned()),
        ("x-acs-date", STAMP.to_owned()),
        ("x-acs-signature-nonce", nonce()),
        ("x-acs-content-sha256", hash.clone()),
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
    ]);
    let names = headers.keys().copied().collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let canonical = format!("POST\n/\n{}\n{lines}\n{names}\n{hash}", joined(query));
    let digested = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = hex(hmac::sign(&key, format!("ACS3-HMAC-SHA256\n{digested}").as_bytes()).as_ref());
    headers.insert(
        "authorization",
        format!("ACS3-HMAC-SHA256 Credential={KEY},SignedHeaders={names},Signature={signature}"),
    );
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Parts { method: "POST", target: format!("/?{}", joined(query)), headers, body: body.into_bytes() }
}
