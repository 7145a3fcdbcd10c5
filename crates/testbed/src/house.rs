//! A server without its sockets: a gateway over the embedded store, and a caller that signs.
//!
//! The tests of both products use it: a product's catalogue goes in, answers come out.

use std::{sync::Arc, time::Duration};

use http_body_util::BodyExt as _;
use muster_core::{id::AccountId, limits::Limits, service::Muster, testing::ManualClock, time::Millis};
use muster_gateway::{
    AccessKey, Answer, CredentialFault, Environment, FoundKey, Gateway, GatewayConfig, Identities, Principal,
    PrincipalKind, ProductSet, ThrottleConfig, policy::Policy,
};
use serde_json::Value;

use crate::{ACCOUNT, Domain, NOW, sign::Client};

/// A server.
pub struct House {
    /// What is called.
    pub gateway: Gateway,
    /// The domain below it.
    pub muster: Arc<Muster>,
    /// The domain's clock; that of signatures stands still.
    pub clock: Arc<ManualClock>,
    version: &'static str,
    _domain: Domain,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub json: Value,
}

impl House {
    /// A server of the product of that version, with these bounds and without quotas.
    pub fn new(
        version: &'static str,
        limits: Limits,
        products: impl FnOnce(Arc<Muster>) -> ProductSet,
    ) -> Self {
        let throttle = ThrottleConfig { enabled: false, ..ThrottleConfig::default() };
        Self::throttled(version, limits, &throttle, products)
    }

    /// The same under quotas.
    pub fn throttled(
        version: &'static str,
        limits: Limits,
        throttle: &ThrottleConfig,
        products: impl FnOnce(Arc<Muster>) -> ProductSet,
    ) -> Self {
        let domain = Domain::new(limits, Millis(NOW));
        let (muster, clock) = (Arc::clone(&domain.muster), Arc::clone(&domain.clock));
        let config = GatewayConfig::default();
        let gateway = Gateway::new(products(Arc::clone(&muster)), Keys, Still(NOW), config, throttle);
        let gateway = gateway.expect("a gateway");
        Self { gateway, muster, clock, version, _domain: domain }
    }

    /// The account that calls.
    pub fn account(&self) -> AccountId {
        AccountId::new(ACCOUNT).expect("an id")
    }

    /// Calls an operation as the account itself.
    pub async fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Reply {
        self.call_as("root", action, parameters).await
    }

    /// The same server, whose keys are found elsewhere.
    #[must_use]
    pub fn known_by(mut self, identities: impl Identities, products: ProductSet) -> Self {
        let throttle = ThrottleConfig { enabled: false, ..ThrottleConfig::default() };
        let gateway = Gateway::new(products, identities, Still(NOW), GatewayConfig::default(), &throttle);
        self.gateway = gateway.expect("a gateway");
        self
    }

    /// Calls an operation under an access key: `root`; `user`, who may do nothing; `powerful`, a user who may do everything;
    /// or `other`, of another account.
    pub async fn call_as(&self, key: &str, action: &str, parameters: &[(&str, &str)]) -> Reply {
        self.call_by(Client { api: self.version, ..Client::v1(key) }, action, parameters).await
    }

    /// Calls an operation by a client.
    pub async fn call_by(&self, client: Client, action: &str, parameters: &[(&str, &str)]) -> Reply {
        let client = Client { host: "127.0.0.1:7070".to_owned(), ..client };
        let peer = "203.0.113.9:4321".parse().expect("an address");
        let response = self.gateway.handle(client.call(action, parameters), peer, false).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        Reply { status, json: serde_json::from_slice(&body).expect("JSON") }
    }
}

impl Reply {
    /// The members of a success, without `RequestId`.
    #[track_caller]
    pub fn ok(mut self) -> Value {
        assert_eq!(self.status, 200, "{}", self.json);
        let id = self.json.as_object_mut().and_then(|members| members.remove("RequestId"));
        assert!(id.is_some_and(|id| id.is_string()), "an answer has its id");
        self.json
    }

    /// Asserts a refusal by its HTTP status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.json["Code"].as_str()), (status, Some(code)), "{}", self.json);
        assert!(self.json["Message"].as_str().is_some_and(|text| text.ends_with('.')), "{}", self.json);
    }
}

/// A policy that allows everything.
const ALL: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

struct Keys;

impl Identities for Keys {
    fn find<'a>(&'a self, id: &'a str, _: Option<&'a str>) -> Answer<'a, FoundKey> {
        let principal = match id {
            "root" => Principal::root(ACCOUNT),
            "other" => Principal::root("9999999999999999"),
            "user" => Principal {
                account: ACCOUNT.into(),
                kind: PrincipalKind::User { id: "203400000000000001".into(), name: "ann".into() },
                policies: Arc::from([]),
            },
            "powerful" => Principal {
                account: ACCOUNT.into(),
                kind: PrincipalKind::User { id: "203400000000000002".into(), name: "eve".into() },
                policies: Arc::from([Arc::new(Policy::parse("all", ALL).expect("a policy"))]),
            },
            _ => return Answer::Now(Err(CredentialFault::NotFound)),
        };
        Answer::Now(Ok(Arc::new(AccessKey::new(id, &format!("{id}-secret"), true, Arc::new(principal)))))
    }
}

/// A machine on which nothing moves: time stands still at this many milliseconds since 1970. Randomness only names
/// requests here.
#[derive(Clone, Copy, Debug)]
pub struct Still(pub i64);

impl Environment for Still {
    fn now(&self) -> i64 {
        self.0
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}
