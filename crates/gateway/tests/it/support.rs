//! A gateway over two small products, a client that signs, and answers taken apart.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt as _, Full};
use muster_gateway::parameter::{Int, Json, List, Parameters, Text};
use muster_gateway::policy::Policy;
use muster_gateway::{
    AccessKey, Answer, Call, Catalogue, CredentialFault, Denial, DirectCall, DocumentedError, Environment,
    Failure, FoundKey, Gateway, GatewayConfig, Identities, Identity, Level, Observer, Operation, Origin,
    Outcome, ParameterFault, Principal, PrincipalKind, Product, ProductSet, Spec, Temporary, ThrottleConfig,
};
pub(crate) use muster_testbed::{
    ACCOUNT, NOW,
    sign::{Client, Version},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) struct Live;

impl Product for Live {
    type State = ();
    type Error = Failure;
    const CODE: &'static str = "live";
    const VERSION: &'static str = "2016-11-01";
    const TITLE: &'static str = "Live";

    fn parameter_fault(fault: &ParameterFault) -> Failure {
        Failure::error(400, "InputInvalid", format!("{fault}."))
    }

    fn denied(denial: &Denial) -> Failure {
        Failure::error(403, "NoAuth", format!("You may not {} on {}.", denial.action, denial.resource))
    }

    fn unavailable() -> Failure {
        Failure::error(500, "ServerError", "Try again.")
    }

    fn unknown_outcome() -> Failure {
        Failure::error(500, "ServerError", "Ask again.")
    }
}

pub(crate) struct Cams;

impl Product for Cams {
    type State = ();
    type Error = Failure;
    const CODE: &'static str = "cams";
    const VERSION: &'static str = "2020-06-06";
    const TITLE: &'static str = "Chat App";

    fn parameter_fault(fault: &ParameterFault) -> Failure {
        Failure::in_band("InvalidParameter.Illegal", fault.to_string())
    }

    fn denied(_: &Denial) -> Failure {
        Failure::error(403, "NoPermission", "You are not authorized to do this action.")
    }

    fn unavailable() -> Failure {
        Failure::in_band("System.Unavailable", "Try again.")
    }
}

/// A page.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Page {
    /// Which, from one.
    index: i64,
    /// How many.
    size: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EchoRequest {
    /// The app.
    app_id: Text<1, 64>,
    /// Any text.
    text: Option<String>,
    /// How many.
    #[schemars(extend("default" = 20))]
    page_size: Option<Int<1, 50>>,
    /// Some ids.
    ids: Option<List<Text<1, 8>, 1, 3>>,
    /// A page.
    page: Option<Json<Page>>,
    /// A flag.
    flag: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EchoResponse {
    /// The app.
    app_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page_size: Option<i64>,
    /// The ids.
    ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Page>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flag: Option<bool>,
    /// Who called.
    account: String,
}

pub(crate) struct Echo;

impl Operation for Echo {
    type Product = Live;
    type Request = EchoRequest;
    type Response = EchoResponse;
    const SPEC: Spec = Spec::new("Echo", "Says what it was told.")
        .zh("复述收到的内容。")
        .level(Level::Get)
        .resources(&["acs:live::{#accountId}:rtc/{#AppId}"])
        .quota(2)
        .methods(&["GET", "POST"])
        .tag("Talk", "说话")
        .errors(&[DocumentedError::new(400, "InputInvalid", "%s.", "a parameter is invalid", "参数无效")]);

    async fn call(call: &Call<'_, ()>, request: EchoRequest) -> Result<EchoResponse, Failure> {
        Ok(EchoResponse {
            app_id: request.app_id.into_string(),
            text: request.text,
            page_size: request.page_size.map(Int::get),
            ids: request
                .ids
                .map(List::into_vec)
                .unwrap_or_default()
                .into_iter()
                .map(Text::into_string)
                .collect(),
            page: request.page.map(|page| page.0),
            flag: request.flag,
            account: call.account.to_owned(),
        })
    }
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Nothing {}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Empty {}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Envelope {
    code: &'static str,
    success: bool,
}

macro_rules! operations {
    ($($product:ident $name:ident $response:ty => $answer:expr;)*) => {$(
        pub(crate) struct $name;

        impl Operation for $name {
            type Product = $product;
            type Request = Nothing;
            type Response = $response;
            const SPEC: Spec = Spec::new(stringify!($name), "A test.");

            async fn call(_: &Call<'_, ()>, _: Nothing) -> Result<$response, Failure> {
                $answer
            }
        }
    )*};
}

operations! {
    Live Quiet Empty => Ok(Empty {});
    Live Broken Empty => Err(Failure::error(500, "ServerError", "Something broke.").because("the disk is full"));
    Live Slow Empty => {
        tokio::time::sleep(Duration::from_secs(60)).await;
        Ok(Empty {})
    };
    Live CreateLiveMessageGroup Empty => Ok(Empty {});
    Live SendLiveMessageGroup Empty => Ok(Empty {});
    Live ListMessageGroupUserById Empty => Ok(Empty {});
    Live CreateMessageApp Empty => Ok(Empty {});
    Live ListLiveMessageGroupByPage Empty => Ok(Empty {});
    Live ListLiveMessageGroupUsers Empty => Ok(Empty {});
    Cams Refuse Empty => Err(Failure::in_band("InvalidParameter.GroupNotExist", "There is no such group."));
    Cams ListChatGroup Envelope => Ok(Envelope { code: "OK", success: true });
    Cams ListChatappTemplate Empty => Ok(Empty {});
    Cams GetPreValidatePhoneId Empty => Ok(Empty {});
    Cams CreateChatappTemplate Empty => Ok(Empty {});
    Cams SendChatappMassMessage Empty => Ok(Empty {});
    Cams SendChatappMessage Empty => Ok(Empty {});
    Cams DeleteChatGroupParticipants Empty => Ok(Empty {});
}

pub(crate) fn products() -> ProductSet {
    let live = Catalogue::<Live>::new(())
        .operation::<Echo>()
        .operation::<Quiet>()
        .operation::<Broken>()
        .operation::<Slow>()
        .operation::<CreateLiveMessageGroup>()
        .operation::<SendLiveMessageGroup>()
        .operation::<ListMessageGroupUserById>()
        .operation::<CreateMessageApp>()
        .operation::<ListLiveMessageGroupByPage>()
        .operation::<ListLiveMessageGroupUsers>();
    let cams = Catalogue::<Cams>::new(())
        .operation::<Refuse>()
        .operation::<ListChatGroup>()
        .operation::<ListChatappTemplate>()
        .operation::<GetPreValidatePhoneId>()
        .operation::<CreateChatappTemplate>()
        .operation::<SendChatappMassMessage>()
        .operation::<SendChatappMessage>()
        .operation::<DeleteChatGroupParticipants>();
    ProductSet::new().with(live).with(cams)
}

/// Time that a test moves, and numbers that come out the same every time.
#[derive(Clone)]
pub(crate) struct Clock {
    now: Arc<AtomicI64>,
    /// Milliseconds of the steady clock.
    steady: Arc<AtomicU64>,
    drawn: Arc<AtomicU64>,
}

impl Clock {
    /// Sets the calendar; no time passes.
    pub(crate) fn set(&self, now: i64) {
        self.now.store(now, Ordering::Relaxed);
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, milliseconds: u32) {
        self.now.fetch_add(milliseconds.into(), Ordering::Relaxed);
        self.steady.fetch_add(milliseconds.into(), Ordering::Relaxed);
    }
}

impl Environment for Clock {
    fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.steady.load(Ordering::Relaxed))
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let number = self.drawn.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&number.to_be_bytes()[..chunk.len()]);
        }
    }
}

/// Access keys in memory. A temporary key is found with the one token that belongs to it.
#[derive(Default)]
pub(crate) struct Keys(pub(crate) HashMap<String, (Arc<AccessKey>, Option<String>)>);

impl Identities for Keys {
    fn find<'a>(&'a self, id: &'a str, token: Option<&'a str>) -> Answer<'a, FoundKey> {
        let Some((key, own)) = self.0.get(id) else { return Answer::Now(Err(CredentialFault::NotFound)) };
        let known = |token| self.0.values().any(|(_, own)| own.as_deref() == Some(token));
        let found = match (own, token) {
            (Some(own), Some(token)) if own != token && known(token) => Err(CredentialFault::TokenMismatch),
            (Some(own), Some(token)) if own != token => Err(CredentialFault::TokenMalformed),
            _ => Ok(Arc::clone(key)),
        };
        // As from a store.
        Answer::Later(Box::pin(std::future::ready(found)))
    }
}

/// What the observer was told: operation, code, status.
pub(crate) type Seen = Arc<Mutex<Vec<(Option<&'static str>, String, u16)>>>;

struct Recorder(Seen);

impl Observer for Recorder {
    fn finished(&self, outcome: &Outcome<'_>) {
        let line = (outcome.operation, outcome.code.to_owned(), outcome.status);
        self.0.lock().expect("not poisoned").push(line);
    }
}

/// A session of a role that may do everything but `live:Broken`.
pub(crate) fn role_session(session: &str) -> Principal {
    let policy = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
        {"Effect":"Deny","Action":"live:Broken","Resource":"*"}]}"#;
    Principal {
        account: ACCOUNT.into(),
        kind: PrincipalKind::RoleSession {
            role_id: "300000000000000001".into(),
            role: "host".into(),
            session: session.into(),
        },
        policies: Arc::from([Arc::new(Policy::parse("role", policy).expect("a policy"))]),
    }
}

/// A policy for a session that may do two things only.
pub(crate) const QUIET: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["live:Quiet","live:Broken"],"Resource":"*"}]}"#;

/// The gateway under test.
pub(crate) struct House {
    pub(crate) gateway: Gateway,
    pub(crate) clock: Clock,
    pub(crate) seen: Seen,
}

impl House {
    /// Quotas off; `root` may do everything, `idle` is disabled; `STS.short` ends after a minute, `STS.narrow` has a
    /// session policy.
    pub(crate) fn new() -> Self {
        Self::with(GatewayConfig::default(), &[])
    }

    /// The same with other bounds, and with a user of access key `user` under these policies.
    pub(crate) fn with(config: GatewayConfig, policies: &[&str]) -> Self {
        Self::built(config, policies, &ThrottleConfig { enabled: false, ..ThrottleConfig::default() })
    }

    pub(crate) fn throttled(throttle: &ThrottleConfig) -> Self {
        Self::built(GatewayConfig::default(), &[], throttle)
    }

    /// With other bounds of nonces and quotas; the access key `user` has no permission.
    pub(crate) fn bounded(config: GatewayConfig, throttle: &ThrottleConfig) -> Self {
        Self::built(config, &[], throttle)
    }

    fn built(config: GatewayConfig, policies: &[&str], throttle: &ThrottleConfig) -> Self {
        let clock =
            Clock { now: Arc::new(AtomicI64::new(NOW)), steady: Arc::default(), drawn: Arc::default() };
        let root = Arc::new(Principal::root(ACCOUNT));
        let policies = policies.iter().map(|text| Arc::new(Policy::parse("p", text).expect("a policy")));
        let user = Arc::new(Principal {
            account: ACCOUNT.into(),
            kind: PrincipalKind::User { id: "203400000000000001".into(), name: "alice".into() },
            policies: policies.collect(),
        });
        let other = Arc::new(Principal::root("9999999999999999"));
        let mut keys = Keys::default();
        for (id, active, principal) in
            [("root", true, &root), ("idle", false, &root), ("user", true, &user), ("other", true, &other)]
        {
            let key = AccessKey::new(id, &format!("{id}-secret"), active, Arc::clone(principal));
            keys.0.insert(id.to_owned(), (Arc::new(key), None));
        }
        for (name, expires_at, policy) in
            [("short", NOW + 60_000, None), ("narrow", NOW + 3_600_000, Some(QUIET))]
        {
            let session_policy =
                policy.map(|text| Arc::new(Policy::parse("session", text).expect("a policy")));
            let id = format!("STS.{name}");
            let role = Arc::new(role_session(name));
            let temporary = Temporary { expires_at, session_policy };
            let key = AccessKey::temporary(id.as_str(), &format!("{id}-secret"), role, temporary);
            keys.0.insert(id, (Arc::new(key), Some(format!("{name}-token"))));
        }
        let seen = Seen::default();
        let gateway = Gateway::new(products(), keys, clock.clone(), config, throttle)
            .expect("a gateway")
            .observed_by(Recorder(Arc::clone(&seen)));
        Self { gateway, clock, seen }
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Reply {
        self.send_any(request).await
    }

    pub(crate) async fn send_any<B: http_body::Body>(&self, request: Request<B>) -> Reply {
        let peer = "203.0.113.9:4321".parse().expect("an address");
        Reply::of(self.gateway.handle(request, peer, false).await).await
    }

    /// Calls an operation as an identity that is proven without a signature.
    pub(crate) async fn direct(
        &self,
        identity: Identity,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Reply {
        let origin =
            Origin { host: "console", source_ip: "203.0.113.9".parse().expect("an address"), secure: true };
        let parameters = Parameters::of(parameters);
        let call = DirectCall { version: "2016-11-01", action, parameters, origin };
        Reply::of(self.gateway.call(&Arc::new(identity), call).await).await
    }

    /// Calls an operation as `root` with V1.
    pub(crate) async fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Reply {
        self.send(Client::v1("root").call(action, parameters)).await
    }
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    async fn of(response: Response<Full<Bytes>>) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(body.to_vec()).expect("text");
        Self { status: head.status.as_u16(), headers: head.headers, text }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    pub(crate) fn member(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn code(&self) -> String {
        self.member("Code")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Asserts a refusal by HTTP status and code; both are told by one line when they differ.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, &*self.code()), (status, code), "{}", self.text);
    }

    #[track_caller]
    pub(crate) fn accepted(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }
}

/// A body of unknown length that comes in pieces, and perhaps never ends.
pub(crate) struct Pieces {
    pub(crate) pieces: Vec<&'static [u8]>,
    pub(crate) ends: bool,
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if !self.pieces.is_empty() {
            let piece = self.pieces.remove(0);
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(piece)))));
        }
        if self.ends { Poll::Ready(None) } else { Poll::Pending }
    }
}

/// A body whose length is announced, as by `Content-Length`, and of which nothing comes.
pub(crate) struct Announced(pub(crate) u64);

impl http_body::Body for Announced {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0)
    }
}
