//! The way of a request.
//!
//! body → parameters → operation → credentials ([`crate::authenticate`]) → policies → quota → nonce →
//! typed parameters → handler → answer. Each step may refuse; every refusal is rendered in one place.
//! What is refused before its nonce is looked at leaves nothing behind.
//!
//! The half behind the credentials is one for all: [`Gateway::handle`] comes to it with a signature, [`Gateway::call`]
//! with an identity that something else has proven.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, request};
use http_body::Body;
use http_body_util::Full;
use tracing::Instrument as _;

use crate::audit::Trail;
use crate::authenticate::{Authenticator, Once, Presented, check_expiry};
use crate::authorise::{authorise, resource};
use crate::exchange::{Exchange, Origin, ProvenCall, Route};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::identity::Identity;
use crate::observer::Outcome;
use crate::parameter::Parameters;
use crate::refusal;
use crate::render::Format;
use crate::request::{Common, Received, check_host, host, receive, receive_body};
use crate::request_id::RequestId;
use crate::signature::SignatureForm;
use crate::throttle::ThrottledCall;
use crate::undertaking::undertake;

/// A call of an identity that is proven already.
#[derive(Debug)]
pub struct DirectCall<'a> {
    /// The product's version, `2016-11-01`.
    pub version: &'a str,
    /// The operation.
    pub action: &'a str,
    /// Its parameters. Those of the gateway itself mean nothing here, but for `Format`.
    pub parameters: Parameters<'a>,
    /// Where it comes from.
    pub origin: Origin<'a>,
}

impl Gateway {
    /// Answers a request. `secure` says whether it came over TLS.
    pub async fn handle<B: Body>(
        &self,
        request: Request<B>,
        peer: SocketAddr,
        secure: bool,
    ) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let mut exchange = self.begin(Origin { host: host(&head), source_ip: peer.ip(), secure });
        let result = self.signed(&mut exchange, &head, body).await;
        self.end(&exchange, result)
    }

    /// Answers a call of an identity that the caller of this has proven by other means than a signature, such as the session
    /// of a page: policies, quota, parameters, handler, audit and metrics are those of a signed request. Nothing here keeps
    /// a call from being made twice; whoever proves the identity does.
    pub async fn call(&self, identity: &Arc<Identity>, call: DirectCall<'_>) -> Response<Full<Bytes>> {
        let mut exchange = self.begin(call.origin);
        let result = self.direct(&mut exchange, identity, &call).await;
        self.end(&exchange, result)
    }

    fn begin<'a>(&self, origin: Origin<'a>) -> Exchange<'a> {
        let begun = self.environment.elapsed();
        self.observer.started();
        let mut random = [0; 32];
        self.environment.fill(&mut random);
        let [id, trace] = halves(random);
        Exchange {
            request_id: RequestId::from_random(id),
            trace,
            now: self.environment.now(),
            begun,
            origin,
            format: Format::Json,
            etag: self.config.etag,
            route: None,
            unknown_action: None,
            trail: None,
        }
    }

    fn end(&self, exchange: &Exchange<'_>, result: Result<Vec<u8>, Failure>) -> Response<Full<Bytes>> {
        let failed = result.as_ref().err();
        let code = failed.map_or(Cow::Borrowed("OK"), |failure| failure.code.clone());
        let cause = failed.and_then(|failure| failure.cause.clone());
        let response = exchange.respond(result);
        let outcome = Outcome {
            operation: exchange.operation(),
            unknown_action: exchange.unknown_action.as_deref(),
            code: &code,
            status: response.status().as_u16(),
            duration: self.environment.elapsed().saturating_sub(exchange.begun),
        };
        self.observer.finished(&outcome);
        log(&exchange.request_id, &outcome, cause.as_deref());
        if let Some(trail) = &exchange.trail {
            trail.tell(exchange, &outcome);
        }
        response
    }

    async fn signed<'a, B: Body>(
        &'a self,
        exchange: &mut Exchange<'a>,
        head: &request::Parts,
        body: B,
    ) -> Result<Vec<u8>, Failure> {
        if head.method != Method::GET && head.method != Method::POST {
            return Err(refusal::unsupported_method());
        }
        check_host(head)?;
        let body = receive_body(body, &self.config).await?;
        let form = SignatureForm::in_headers(&head.headers);
        let Received { parameters, query } = receive(head, &body, &form, &self.config)?;
        let common = Common::of(&parameters);
        exchange.format = format(&common)?;
        let form = form.or_in_parameters(&common);
        let (action, version) = form.asked(&head.headers, &common);
        let route = self.route(exchange, action, version)?;
        let authenticator = Authenticator {
            identities: &*self.identities,
            now: exchange.now,
            window: i64::from(self.config.clock_window_seconds) * 1000,
        };
        let presented = Presented { head, parameters: &parameters, query: &query, body: &body };
        let served = async {
            let sender = authenticator.authenticate(&form, &presented).await?;
            let parameters = match sender.filled_alone {
                true => Cow::Owned(parameters.filled()),
                false => Cow::Borrowed(&parameters),
            };
            self.serve(exchange, route, &sender.identity, &parameters, Some(&sender.once)).await
        };
        self.in_time(&route, served).await
    }

    async fn direct<'a>(
        &'a self,
        exchange: &mut Exchange<'a>,
        identity: &Arc<Identity>,
        call: &DirectCall<'_>,
    ) -> Result<Vec<u8>, Failure> {
        let parameters = &call.parameters;
        if parameters.pairs().len() > self.config.parameters {
            return Err(refusal::too_many_parameters(self.config.parameters));
        }
        exchange.format = format(&Common::of(parameters))?;
        let route = self.route(exchange, Some(call.action), Some(call.version))?;
        check_expiry(identity, exchange.now)?;
        self.in_time(&route, self.serve(exchange, route, identity, parameters, None)).await
    }

    /// Does the work of a request within its time.
    async fn in_time(
        &self,
        route: &Route<'_>,
        work: impl Future<Output = Result<Vec<u8>, Failure>>,
    ) -> Result<Vec<u8>, Failure> {
        let undertaking = (self.undertakings)();
        let patience = Duration::from_secs(self.config.handler_seconds);
        match tokio::time::timeout(patience, undertake(&*undertaking, work)).await {
            Ok(result) => result,
            // The work is dropped by now, so that what was not begun never will be.
            Err(_) => Err(route.late(undertaking.begun()).because("the request was not served in time")),
        }
    }

    /// Finds the operation, and notes it.
    fn route<'a>(
        &'a self,
        exchange: &mut Exchange<'a>,
        action: Option<&str>,
        version: Option<&str>,
    ) -> Result<Route<'a>, Failure> {
        let action = action.ok_or_else(|| Failure::missing("Action"))?;
        let version = version.ok_or_else(|| Failure::missing("Version"))?;
        let operations = self.routes.get(version).ok_or_else(refusal::invalid_version)?;
        let Some(&(product, operation)) = operations.get(action) else {
            exchange.unknown_action = is_name(action).then(|| action.to_owned());
            return Err(refusal::action_not_found(action));
        };
        let quota = self.quotas.load()[product][operation];
        let product = &self.products[product];
        let route = Route { product, entry: &product.operations[operation], quota };
        exchange.route = Some(route);
        Ok(route)
    }

    /// The half behind authentication.
    async fn serve<'a>(
        &'a self,
        exchange: &mut Exchange<'a>,
        route: Route<'a>,
        identity: &Arc<Identity>,
        parameters: &Parameters<'_>,
        once: Option<&Once<'_>>,
    ) -> Result<Vec<u8>, Failure> {
        if !route.entry.spec.read_only {
            let resource = resource(&ProvenCall { exchange, route, identity, parameters });
            exchange.trail = Some(Trail::new(identity, &resource));
        }
        let call = ProvenCall { exchange, route, identity, parameters };
        self.admit(&call, once).await?;
        let request_id = &exchange.request_id;
        let span = tracing::info_span!("request", %request_id, operation = route.entry.spec.name);
        let handler = &route.entry.handler;
        handler.dispatch(call.to_handler(), parameters, self.config.json_depth).instrument(span).await
    }

    /// Policies, then quota, then the nonce.
    async fn admit(&self, call: &ProvenCall<'_>, once: Option<&Once<'_>>) -> Result<(), Failure> {
        self.authorise(call)?;
        let counted = ThrottledCall {
            account: call.account(),
            operation: call.route.entry.spec.name,
            calls_per_second: call.route.quota,
            at: call.exchange.begun,
        };
        let has_quota = call.route.quota > 0;
        if has_quota {
            self.throttle.admit(&counted).get().await.map_err(refusal::throttled)?;
        }
        let Some(once) = once else { return Ok(()) };
        let spent = once.spend(&*self.replay, call).await;
        if spent.is_err() && has_quota {
            // Whoever sends captured requests again must not use up what their owner may do.
            self.throttle.give_back(&counted);
        }
        spent
    }

    /// Whether the policies allow the call. Denied calls count against a quota of their credential: beyond it they
    /// are told to wait. Calls that are allowed are not held up by it.
    fn authorise(&self, call: &ProvenCall<'_>) -> Result<(), Failure> {
        let Err(refused) = authorise(call) else { return Ok(()) };
        let denied_per_second = self.denied_per_second.load(Ordering::Relaxed);
        let denied = ThrottledCall {
            account: call.identity.counted_by(),
            operation: "",
            calls_per_second: denied_per_second,
            at: call.exchange.begun,
        };
        if denied_per_second > 0 {
            self.denials.count(&denied).map_err(refusal::throttled)?;
        }
        let (denial, detail) = *refused;
        Err((call.route.product.denied)(&denial).with_denial(detail))
    }
}

/// The form that the answer is asked for in.
fn format(common: &Common<'_>) -> Result<Format, Failure> {
    let Some(format) = common.format else { return Ok(Format::Json) };
    Format::parse(format).ok_or_else(refusal::invalid_format)
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
    let (code, status, unknown_action) = (outcome.code, outcome.status, outcome.unknown_action);
    let micros = u64::try_from(outcome.duration.as_micros()).unwrap_or(u64::MAX);
    match status {
        500 => tracing::error!(%request_id, operation, code, status, micros, cause, "a request failed"),
        501.. => {
            tracing::warn!(%request_id, operation, code, status, micros, cause, "a request could not be served");
        }
        _ => tracing::info!(%request_id, operation, unknown_action, code, status, micros, cause, "request"),
    }
}

/// Whether an action has the form of an operation's name: what anybody may send is not put into logs and metrics as it is.
fn is_name(action: &str) -> bool {
    (1..=64).contains(&action.len()) && action.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
