//! The way of a request.
//!
//! body → parameters → operation → credentials ([`crate::authenticate`]) → policies → quota → nonce →
//! typed parameters → handler → answer. Each step may refuse; every refusal is rendered in one place.
//! What is refused before its nonce is looked at leaves nothing behind.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::header::HOST;
use http::{Method, Request, Response, request};
use http_body::Body;
use http_body_util::Full;
use thiserror::Error;
use tracing::Instrument as _;

use crate::audit::Trail;
use crate::authenticate::{
    Authenticated, Authenticator, Family, Presented, X_ACS_ACTION, X_ACS_VERSION, check_host, family, header,
};
use crate::authorise::{Ask, authorise, resource};
use crate::catalogue::{Entry, ProductEntry, ProductSet};
use crate::config::{GatewayConfig, ThrottleConfig};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::identity::{AccessKey, Identities};
use crate::observer::{Observer, Outcome, Unobserved};
use crate::operation::{Call, Level};
use crate::parameter::Parameters;
use crate::refusal;
use crate::render::{Exchange, Format};
use crate::replay::{LocalReplayGuard, ReplayGuard};
use crate::request::{Common, Received, receive, receive_body};
use crate::request_id::RequestId;
use crate::throttle::{LocalThrottle, Throttle, ThrottledCall};
use crate::undertaking::{Undertaking, Unknown, undertake};

/// Serves the operations of its products.
pub struct Gateway {
    pub(crate) products: Vec<ProductEntry>,
    /// Where an operation is, by version and name.
    routes: Routes,
    /// Calls per second by product and operation, 0 = none.
    quotas: ArcSwap<Vec<Vec<u32>>>,
    identities: Box<dyn Identities>,
    environment: Box<dyn Environment>,
    replay: Box<dyn ReplayGuard>,
    throttle: Box<dyn Throttle>,
    /// Counts denied calls by access key, on this node alone.
    denials: LocalThrottle,
    denied_per_second: AtomicU32,
    observer: Box<dyn Observer>,
    /// Makes what watches the work of a request.
    undertakings: Box<dyn Fn() -> Box<dyn Undertaking> + Send + Sync>,
    config: GatewayConfig,
}

/// Why a gateway cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GatewayError {
    /// Two products have one version.
    #[error("two products have the version {0}")]
    DuplicateVersion(&'static str),
    /// A product has two operations of one name.
    #[error("two operations are named {0}")]
    DuplicateOperation(&'static str),
    /// A quota is configured for an operation that does not exist.
    #[error("there is no operation {0} to have a quota")]
    UnknownOperation(String),
}

impl Gateway {
    /// A gateway that keeps nonces and quotas in its own memory and is observed by nobody.
    pub fn new(
        products: ProductSet,
        identities: impl Identities,
        environment: impl Environment,
        config: GatewayConfig,
        throttle: &ThrottleConfig,
    ) -> Result<Self, GatewayError> {
        let products = products.products;
        let routes = routes(&products)?;
        let quotas = quotas(&products, throttle)?;
        Ok(Self {
            products,
            routes,
            quotas: ArcSwap::from_pointee(quotas),
            identities: Box::new(identities),
            environment: Box::new(environment),
            replay: Box::new(LocalReplayGuard::new(config.nonces_per_key, config.clock_window_seconds)),
            throttle: Box::new(LocalThrottle::default()),
            denials: LocalThrottle::default(),
            denied_per_second: AtomicU32::new(denials(throttle)),
            observer: Box::new(Unobserved),
            undertakings: Box::new(|| Box::new(Unknown)),
            config,
        })
    }

    /// Tells an observer of every request.
    #[must_use]
    pub fn observed_by(mut self, observer: impl Observer) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Has the work of each request watched by an undertaking of its own. Without it a change that was not carried out in
    /// time is never known to be undone.
    #[must_use]
    pub fn with_undertakings<U: Undertaking>(mut self, new: impl Fn() -> U + Send + Sync + 'static) -> Self {
        self.undertakings = Box::new(move || Box::new(new()));
        self
    }

    /// Keeps nonces elsewhere.
    #[must_use]
    pub fn with_replay_guard(mut self, guard: impl ReplayGuard) -> Self {
        self.replay = Box::new(guard);
        self
    }

    /// Counts quotas elsewhere.
    #[must_use]
    pub fn with_throttle(mut self, throttle: impl Throttle) -> Self {
        self.throttle = Box::new(throttle);
        self
    }

    /// Takes up other quotas; they count from the next request on.
    ///
    /// # Errors
    /// [`GatewayError::UnknownOperation`]; the quotas are as before then.
    pub fn set_throttle(&self, throttle: &ThrottleConfig) -> Result<(), GatewayError> {
        self.quotas.store(Arc::new(quotas(&self.products, throttle)?));
        self.denied_per_second.store(denials(throttle), Ordering::Relaxed);
        Ok(())
    }

    /// Answers a request. `secure` says whether it came over TLS.
    pub async fn handle<B: Body>(
        &self,
        request: Request<B>,
        peer: SocketAddr,
        secure: bool,
    ) -> Response<Full<Bytes>> {
        let begun = self.environment.elapsed();
        self.observer.started();
        let (head, body) = request.into_parts();
        let mut random = [0; 32];
        self.environment.fill(&mut random);
        let [id, trace] = halves(random);
        let mut exchange = Exchange {
            request_id: RequestId::from_random(id),
            trace,
            host: host(&head),
            format: Format::Json,
            product: None,
            operation: None,
            etag: self.config.etag,
        };
        let now = self.environment.now();
        let origin = Origin { now, begun, source_ip: peer.ip(), secure };
        let mut trail = Trail::default();
        let result = self.answer(&mut exchange, &mut trail, &head, body, &origin).await;
        let failed = result.as_ref().err();
        let code = failed.map_or(Cow::Borrowed("OK"), |failure| failure.code.clone());
        let cause = failed.and_then(|failure| failure.cause.clone());
        let response = exchange.respond(result);
        let outcome = Outcome {
            operation: exchange.operation,
            code: &code,
            status: response.status().as_u16(),
            duration: self.environment.elapsed().saturating_sub(begun),
        };
        self.observer.finished(&outcome);
        log(&exchange.request_id, &outcome, cause.as_deref());
        trail.tell(&exchange.request_id, origin.source_ip, &outcome);
        response
    }

    async fn answer<B: Body>(
        &self,
        exchange: &mut Exchange<'_>,
        trail: &mut Trail,
        head: &request::Parts,
        body: B,
        origin: &Origin,
    ) -> Result<Vec<u8>, Failure> {
        if head.method != Method::GET && head.method != Method::POST {
            return Err(refusal::unsupported_method());
        }
        check_host(head)?;
        let body = receive_body(body, &self.config).await?;
        let Received { parameters, query } = receive(head, &body, &self.config)?;
        let common = Common::of(&parameters);
        if let Some(format) = common.format {
            exchange.format = Format::parse(format).ok_or_else(refusal::invalid_format)?;
        }
        let family = family(&head.headers, &common);
        let route = self.route(exchange, &family, head, &common)?;
        let authenticator = Authenticator {
            identities: &*self.identities,
            now: origin.now,
            window: i64::from(self.config.clock_window_seconds) * 1000,
        };
        let presented =
            Presented { head, parameters: &parameters, common: &common, query: &query, body: &body };
        let served = async {
            let sender = authenticator.authenticate(&family, &presented)?;
            let parameters = match sender.filled_alone {
                true => Cow::Owned(parameters.filled()),
                false => Cow::Borrowed(&parameters),
            };
            if !route.entry.spec.read_only {
                let ask = ask(exchange, &route, &parameters, origin);
                trail.signed(&sender.key, &resource(&sender.key.principal().account, &ask));
            }
            self.admit(exchange, &route, &sender, &parameters, origin).await?;
            self.call(exchange, &route, &sender.key, &parameters, origin).await
        };
        let undertaking = (self.undertakings)();
        let patience = Duration::from_secs(self.config.handler_seconds);
        match tokio::time::timeout(patience, undertake(&*undertaking, served)).await {
            Ok(result) => result,
            // The work is dropped by now, so that what was not begun never will be.
            Err(_) => Err(route.late(undertaking.begun()).because("the request was not served in time")),
        }
    }

    /// Finds the operation. What V1 signs are the parameters, so the headers of the same meaning that
    /// some clients add do not count: they are unsigned, and pop-core corrects only the parameter.
    fn route(
        &self,
        exchange: &mut Exchange<'_>,
        family: &Family<'_>,
        head: &request::Parts,
        common: &Common<'_>,
    ) -> Result<Route<'_>, Failure> {
        let headers = (header(&head.headers, &X_ACS_ACTION), header(&head.headers, &X_ACS_VERSION));
        let (action, version) = match family {
            Family::V1 => (common.action, common.version),
            _ => (headers.0.or(common.action), headers.1.or(common.version)),
        };
        let action = action.ok_or_else(|| Failure::missing("Action"))?;
        let version = version.ok_or_else(|| Failure::missing("Version"))?;
        let operations = self.routes.get(version).ok_or_else(refusal::invalid_version)?;
        let (product, operation) =
            *operations.get(action).ok_or_else(|| refusal::action_not_found(action))?;
        let quota = self.quotas.load()[product][operation];
        let product = &self.products[product];
        let entry = &product.operations[operation];
        exchange.product = Some(product.code);
        exchange.operation = Some(entry.spec.name);
        Ok(Route { product, entry, quota })
    }

    /// Policies, then quota, then the nonce.
    async fn admit(
        &self,
        exchange: &Exchange<'_>,
        route: &Route<'_>,
        sender: &Authenticated<'_>,
        parameters: &Parameters<'_>,
        origin: &Origin,
    ) -> Result<(), Failure> {
        self.authorise(exchange, route, &sender.key, parameters, origin)?;
        let call = ThrottledCall {
            account: &sender.key.principal().account,
            operation: route.entry.spec.name,
            calls_per_second: route.quota,
            at: origin.begun,
        };
        let counted = route.quota > 0;
        if counted {
            self.throttle.admit(&call).get().await.map_err(refusal::throttled)?;
        }
        let once = sender.once(&*self.replay, route.entry.spec.read_only, origin.now).await;
        if once.is_err() && counted {
            // Whoever sends captured requests again must not use up what their owner may do.
            self.throttle.give_back(&call);
        }
        once
    }

    /// Whether the policies allow the call. Denied calls count against a quota of their key: beyond it they
    /// are told to wait. Calls that are allowed are not held up by it.
    fn authorise(
        &self,
        exchange: &Exchange<'_>,
        route: &Route<'_>,
        key: &AccessKey,
        parameters: &Parameters<'_>,
        origin: &Origin,
    ) -> Result<(), Failure> {
        let ask = ask(exchange, route, parameters, origin);
        let Err(refused) = authorise(key.principal(), &ask) else { return Ok(()) };
        let denied_per_second = self.denied_per_second.load(Ordering::Relaxed);
        let denied = ThrottledCall {
            account: key.id(),
            operation: "",
            calls_per_second: denied_per_second,
            at: origin.begun,
        };
        if denied_per_second > 0 {
            self.denials.count(&denied).map_err(refusal::throttled)?;
        }
        let (denial, detail) = *refused;
        Err((route.product.denied)(&denial).with_denial(detail))
    }

    async fn call(
        &self,
        exchange: &Exchange<'_>,
        route: &Route<'_>,
        key: &AccessKey,
        parameters: &Parameters<'_>,
        origin: &Origin,
    ) -> Result<Vec<u8>, Failure> {
        let principal = key.principal();
        let call = Call {
            state: &(),
            account: &principal.account,
            principal,
            request_id: &exchange.request_id,
            now: origin.now,
            source_ip: origin.source_ip,
            host: exchange.host,
            secure: origin.secure,
        };
        let span = tracing::info_span!(
            "request",
            request_id = %exchange.request_id,
            operation = route.entry.spec.name
        );
        route.entry.handler.dispatch(call, parameters, self.config.json_depth).instrument(span).await
    }
}

/// An operation found.
struct Route<'a> {
    product: &'a ProductEntry,
    entry: &'a Entry,
    quota: u32,
}

impl Route<'_> {
    /// What is told of a request that was not served in time, after something was begun or not.
    fn late(&self, begun: bool) -> Failure {
        match self.entry.spec.level {
            Level::Create | Level::Update | Level::Delete | Level::None if begun => {
                (self.product.unknown_outcome)()
            }
            _ => (self.product.unavailable)(),
        }
    }
}

/// What a call asks of the policies.
fn ask<'a>(
    exchange: &'a Exchange<'_>,
    route: &'a Route<'_>,
    parameters: &'a Parameters<'_>,
    origin: &Origin,
) -> Ask<'a> {
    Ask {
        product: route.product.code,
        operation: route.entry.spec.name,
        templates: route.entry.spec.resources,
        declared: &route.entry.declared,
        parameters,
        now: origin.now,
        secure: origin.secure,
        source_ip: origin.source_ip,
        request_id: &exchange.request_id,
    }
}

/// Where and when a request comes from.
struct Origin {
    /// Milliseconds since 1970 UTC.
    now: i64,
    /// The same moment by the steady clock, which durations are measured by.
    begun: Duration,
    source_ip: IpAddr,
    secure: bool,
}

/// The host as the client names it, which is what its signature covers.
fn host(head: &request::Parts) -> &str {
    let authority = || head.uri.authority().map(http::uri::Authority::as_str);
    header(&head.headers, &HOST).or_else(authority).unwrap_or_default()
}

fn halves(random: [u8; 32]) -> [[u8; 16]; 2] {
    let mut halves = [[0; 16]; 2];
    halves[0].copy_from_slice(&random[..16]);
    halves[1].copy_from_slice(&random[16..]);
    halves
}

/// One line a request. What is the server's own failure stands out; its cause is told here and nowhere else.
fn log(request_id: &RequestId, outcome: &Outcome<'_>, cause: Option<&str>) {
    let operation = outcome.operation.unwrap_or_default();
    let (code, status) = (outcome.code, outcome.status);
    let micros = u64::try_from(outcome.duration.as_micros()).unwrap_or(u64::MAX);
    match status {
        500 => tracing::error!(%request_id, operation, code, status, micros, cause, "a request failed"),
        501.. => {
            tracing::warn!(%request_id, operation, code, status, micros, cause, "a request could not be served");
        }
        _ => tracing::info!(%request_id, operation, code, status, micros, cause, "request"),
    }
}

type Routes = HashMap<&'static str, HashMap<&'static str, (usize, usize)>>;

fn routes(products: &[ProductEntry]) -> Result<Routes, GatewayError> {
    let mut routes = Routes::new();
    for (at, product) in products.iter().enumerate() {
        let mut operations = HashMap::new();
        for (index, entry) in product.operations.iter().enumerate() {
            if operations.insert(entry.spec.name, (at, index)).is_some() {
                return Err(GatewayError::DuplicateOperation(entry.spec.name));
            }
        }
        if routes.insert(product.version, operations).is_some() {
            return Err(GatewayError::DuplicateVersion(product.version));
        }
    }
    Ok(routes)
}

/// Denied calls per second and key, 0 = any number.
fn denials(throttle: &ThrottleConfig) -> u32 {
    if throttle.enabled { throttle.denied_per_second } else { 0 }
}

fn quotas(products: &[ProductEntry], config: &ThrottleConfig) -> Result<Vec<Vec<u32>>, GatewayError> {
    let all = || products.iter().flat_map(|product| &product.operations);
    if let Some(name) = config.quotas.keys().find(|name| all().all(|entry| entry.spec.name != **name)) {
        return Err(GatewayError::UnknownOperation(name.clone()));
    }
    let quota = |entry: &Entry| {
        let documented = entry.spec.quota.unwrap_or(0);
        let quota = config.quotas.get(entry.spec.name).copied().unwrap_or(documented);
        if config.enabled { quota } else { 0 }
    };
    Ok(products.iter().map(|product| product.operations.iter().map(quota).collect()).collect())
}
