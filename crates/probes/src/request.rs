//! Requests to the API's gateway: signed by a second canonicaliser, that of the tests, which is written from the
//! documentation and not from the gateway's code, and raw.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use muster_gateway::{
    AccessKey, Answer, Call, Catalogue, CredentialFault, Denial, Failure, FoundKey, Gateway, GatewayConfig,
    Identities, Level, Operation, ParameterFault, Principal, Product, ProductSet, Spec, ThrottleConfig,
    parameter::Json,
};
use muster_testbed::{
    Still,
    sign::{Client, Version},
};
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
    fn find<'a>(&'a self, id: &'a str, _: Option<&'a str>) -> Answer<'a, FoundKey> {
        Answer::Now((id == KEY).then(|| Arc::clone(&self.0)).ok_or(CredentialFault::NotFound))
    }
}

struct House {
    runtime: Runtime,
    gateway: Gateway,
}

fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| {
        let products = ProductSet::new().with(Catalogue::<Probed>::new(()).operation::<Echo>());
        let key = AccessKey::new(KEY, SECRET, true, Arc::new(Principal::root("1234567890123456")));
        let throttle = ThrottleConfig { enabled: false, ..ThrottleConfig::default() };
        let gateway =
            Gateway::new(products, OneKey(Arc::new(key)), Still(NOW), GatewayConfig::default(), &throttle)
                .expect("a gateway for the probe");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        House { runtime: runtime.expect("a runtime"), gateway }
    })
}

/// A request of any kind is answered in the form that it asks for; one that is signed as documented is believed.
pub fn request(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    match source.byte() % 3 {
        0 => raw(source),
        1 => {
            let pairs = pairs(&mut source);
            believed(&signed_v1(pairs, source.one_of(&["GET", "POST"])));
        }
        _ => {
            let (query, form) = (pairs(&mut source), pairs(&mut source));
            believed(&echo(Version::V3, &query, form, "POST"));
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
    let answer = believed(&signed_v1(pairs, "POST"));
    assert!(matches!(answer, Told::Xml), "the answer is not the XML that was asked for");
}

/// What an answer turned out to be.
enum Told {
    Json(Value),
    Xml,
}

/// Sends it.
fn answered(request: Request<Full<Bytes>>) -> Response<Full<Bytes>> {
    let house = house();
    let peer = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 40_000);
    house.runtime.block_on(house.gateway.handle(request, peer, false))
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
fn believed(request: &Request<Full<Bytes>>) -> Told {
    let answer = told(answered(request.clone()));
    if let Told::Json(value) = &answer {
        let code = value["Code"].as_str().unwrap_or_default();
        assert!(!code.contains("Signature"), "{value} to {request:?}");
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
        headers.push((source.one_of(&known), source.text(80)));
    }
    let mut request = Request::builder().method(method).uri(&target);
    for (name, value) in &headers {
        request = request.header(*name, value);
    }
    // What is no request at all, no HTTP server hands on.
    if let Ok(request) = request.body(Full::new(Bytes::from(source.rest().to_vec()))) {
        told(answered(request));
    }
}

type Pairs = BTreeMap<String, String>;

/// Parameters with names of their own.
fn pairs(source: &mut Source<'_>) -> Pairs {
    let mut pairs = Pairs::new();
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

/// An echo, signed by either version of the signature.
fn echo(version: Version, query: &Pairs, form: Pairs, method: &'static str) -> Request<Full<Bytes>> {
    let client = Client {
        api: "2026-01-01",
        date: STAMP.to_owned(),
        form: form.into_iter().collect(),
        host: HOST.to_owned(),
        method,
        ..Client::new(version, KEY).secret(SECRET)
    };
    let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (&**name, &**value)).collect();
    client.call("Echo", &query)
}

/// Signed by the first version: as a form, or in the query.
fn signed_v1(pairs: Pairs, method: &'static str) -> Request<Full<Bytes>> {
    match method {
        "POST" => echo(Version::V1, &Pairs::new(), pairs, method),
        _ => echo(Version::V1, &pairs, Pairs::new(), method),
    }
}
