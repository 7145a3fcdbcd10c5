//! A server without its sockets: a gateway over the embedded store, and a caller that signs.
//!
//! The tests of both products use it: a product's catalogue goes in, answers come out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use muster_bus::memory::MemoryBus;
use muster_core::{
    id::{AccountId, NodeId},
    limits::Limits,
    random::Random,
    seal::MasterKey,
    service::{Dependencies, Muster},
    testing::{ManualClock, Seeded},
    time::Millis,
};
use muster_gateway::{
    AccessKey, Environment, Gateway, GatewayConfig, Identities, Principal, PrincipalKind, ProductSet,
    ThrottleConfig,
};
use muster_store::sqlite::{SqliteOptions, SqliteStore};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;
use serde_json::Value;
use tempfile::TempDir;

/// 2026-11-20T10:00:00Z
const NOW: i64 = 1_795_168_800_000;
const TIMESTAMP: &str = "2026-11-20T10:00:00Z";
const ACCOUNT: &str = "1234567890123456";
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A server.
pub(crate) struct House {
    pub(crate) gateway: Gateway,
    pub(crate) muster: Arc<Muster>,
    pub(crate) clock: Arc<ManualClock>,
    version: &'static str,
    nonces: AtomicU64,
    _directory: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) json: Value,
}

impl House {
    /// A server of the product of that version, with these bounds.
    pub(crate) fn new(
        version: &'static str,
        limits: Limits,
        products: impl FnOnce(Arc<Muster>) -> ProductSet,
    ) -> Self {
        let directory = TempDir::new().expect("a directory");
        let random: Arc<dyn Random> = Arc::new(Seeded::new(7));
        let options = SqliteOptions::default();
        let store = SqliteStore::open(directory.path(), &options, Arc::clone(&random)).expect("a store");
        let clock = Arc::new(ManualClock::new(Millis(NOW)));
        let muster = Arc::new(Muster::new(Dependencies {
            store: Arc::new(store),
            bus: Arc::new(MemoryBus::new()),
            clock: clock.clone(),
            random,
            master: Arc::new(MasterKey::new(&[7; 32])),
            limits,
            node: NodeId::new("node").expect("an id"),
        }));
        let throttle = ThrottleConfig { enabled: false, ..ThrottleConfig::default() };
        let config = GatewayConfig::default();
        let gateway = Gateway::new(products(Arc::clone(&muster)), Keys, Still, config, &throttle);
        let gateway = gateway.expect("a gateway");
        Self { gateway, muster, clock, version, nonces: AtomicU64::new(0), _directory: directory }
    }

    /// The account that calls.
    pub(crate) fn account(&self) -> AccountId {
        AccountId::new(ACCOUNT).expect("an id")
    }

    /// Calls an operation as the account itself.
    pub(crate) async fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Reply {
        self.call_as("root", action, parameters).await
    }

    /// Calls an operation under an access key: `root`, or `user`, who may do nothing.
    pub(crate) async fn call_as(&self, key: &str, action: &str, parameters: &[(&str, &str)]) -> Reply {
        let query = self.signed(key, action, parameters);
        let request = Request::post(format!("/?{query}"))
            .header("host", "127.0.0.1:7070")
            .body(Full::<Bytes>::default())
            .expect("a request");
        let peer = "203.0.113.9:4321".parse().expect("an address");
        let response = self.gateway.handle(request, peer, false).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        Reply { status, json: serde_json::from_slice(&body).expect("JSON") }
    }

    /// A query signed by HMAC-SHA1, version 1 of the signature.
    fn signed(&self, key: &str, action: &str, parameters: &[(&str, &str)]) -> String {
        let nonce = self.nonces.fetch_add(1, Ordering::Relaxed).to_string();
        let mut all = vec![
            ("Action", action),
            ("Version", self.version),
            ("AccessKeyId", key),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("SignatureNonce", &nonce),
            ("Timestamp", TIMESTAMP),
        ];
        all.extend_from_slice(parameters);
        all.sort_unstable();
        let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
        let pairs: Vec<String> =
            all.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let query = pairs.join("&");
        let secret = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{key}-secret&").as_bytes());
        let signature = hmac::sign(&secret, format!("POST&%2F&{}", encode(&query)).as_bytes());
        format!("{query}&Signature={}", encode(&STANDARD.encode(signature)))
    }
}

impl Reply {
    /// The members of a success, without `RequestId`.
    #[track_caller]
    pub(crate) fn ok(mut self) -> Value {
        assert_eq!(self.status, 200, "{}", self.json);
        let id = self.json.as_object_mut().and_then(|members| members.remove("RequestId"));
        assert!(id.is_some_and(|id| id.is_string()), "an answer has its id");
        self.json
    }

    /// Asserts a refusal by its HTTP status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.json["Code"].as_str()), (status, Some(code)), "{}", self.json);
        assert!(self.json["Message"].as_str().is_some_and(|text| text.ends_with('.')), "{}", self.json);
    }
}

struct Keys;

impl Identities for Keys {
    fn access_key(&self, id: &str) -> Option<Arc<AccessKey>> {
        let principal = match id {
            "root" => Principal::root(ACCOUNT),
            "other" => Principal::root("9999999999999999"),
            "user" => Principal {
                account: ACCOUNT.into(),
                kind: PrincipalKind::User { id: "203400000000000001".into(), name: "ann".into() },
                policies: Arc::from([]),
            },
            _ => return None,
        };
        Some(Arc::new(AccessKey::new(id, &format!("{id}-secret"), true, Arc::new(principal))))
    }
}

/// Time that stands still. Randomness only names requests here.
struct Still;

impl Environment for Still {
    fn now(&self) -> i64 {
        NOW
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}
