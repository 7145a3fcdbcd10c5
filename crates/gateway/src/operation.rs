//! What a product and its operations say about themselves.
//!
//! An operation is defined once, in one file: its typed request and response, its [`Spec`] and its
//! handler. Decoding, authorisation, throttling, dispatch, the catalogue and the OpenAPI document
//! derive from that definition. Adding one touches its file and one line in the product's list.
//!
//! ```
//! use muster_gateway::parameter::{Int, Text};
//! use muster_gateway::{Call, Catalogue, Denial, Failure, Level, Operation, ParameterFault, Product, Spec};
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! // A product: what its operations share.
//! struct Greeting;
//!
//! impl Product for Greeting {
//!     type State = ();
//!     type Error = Failure;
//!     const CODE: &'static str = "greeting";
//!     const VERSION: &'static str = "2026-01-01";
//!     const TITLE: &'static str = "Greetings";
//!
//!     fn parameter_fault(fault: &ParameterFault) -> Failure {
//!         Failure::error(400, "InputInvalid", format!("{fault}."))
//!     }
//!     fn denied(_: &Denial) -> Failure {
//!         Failure::error(403, "NoAuth", "You are not authorized to do this action.")
//!     }
//!     fn unavailable() -> Failure {
//!         Failure::error(503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.")
//!     }
//! }
//!
//! /// The request. Fields are parameters; `Option` means optional; doc comments are documentation.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(rename_all = "PascalCase")]
//! struct GreetRequest {
//!     /// Who is greeted.
//!     name: Text<1, 16>,
//!     /// How often, once when not said.
//!     times: Option<Int<1, 3>>,
//! }
//!
//! /// The response, without `RequestId`, which the gateway puts first.
//! #[derive(Serialize, JsonSchema)]
//! #[serde(rename_all = "PascalCase")]
//! struct GreetResponse {
//!     /// The greeting.
//!     text: String,
//! }
//!
//! struct Greet;
//!
//! impl Operation for Greet {
//!     type Product = Greeting;
//!     type Request = GreetRequest;
//!     type Response = GreetResponse;
//!     const SPEC: Spec = Spec::new("Greet", "Greets somebody.").level(Level::Get).quota(50);
//!
//!     async fn call(_: &Call<'_, ()>, request: GreetRequest) -> Result<GreetResponse, Failure> {
//!         let times = request.times.map_or(1, |times| times.get());
//!         Ok(GreetResponse { text: format!("Hello {}, {times} times", request.name) })
//!     }
//! }
//!
//! let greetings = Catalogue::<Greeting>::new(()).operation::<Greet>();
//! let products = muster_gateway::ProductSet::new().with(greetings);
//! assert_eq!(products.operation_names(), ["Greet"]);
//! ```
//!
//! Field types that carry constraints are in [`parameter`](crate::parameter). A response uses plain
//! types. `#[serde(flatten)]` is not supported in a request.

use std::future::Future;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::{Denial, Failure, ParameterFault};
use crate::identity::Principal;
use crate::request_id::RequestId;

/// A product: a family of operations that share a version, state and ways of wording faults.
pub trait Product: Send + Sync + 'static {
    /// The product's services. The catalogue keeps one value for all its operations.
    type State: Send + Sync + 'static;
    /// Why its operations fail, in its own words; what callers are told is made of it in one place.
    type Error: Into<Failure> + Send;
    /// The short name, which is also the RAM code before the colon of actions: `live`.
    const CODE: &'static str;
    /// The API version that requests name: `2016-11-01`. One version belongs to one product.
    const VERSION: &'static str;
    /// The name a person reads.
    const TITLE: &'static str;

    /// Words a missing or invalid parameter.
    fn parameter_fault(fault: &ParameterFault) -> Failure;
    /// Words a refusal by policy. The gateway adds `AccessDeniedDetail`.
    fn denied(denial: &Denial) -> Failure;
    /// Words a handler that only reads and took longer than its time. Its future is dropped by then.
    fn unavailable() -> Failure;
    /// Words a handler that may change something and took longer than its time: its future is dropped, but what it has
    /// begun may go on, so the caller must not be told that it was not done.
    fn unknown_outcome() -> Failure {
        Self::unavailable()
    }
}

/// One operation of a product.
pub trait Operation: Send + Sync + 'static {
    /// The product it belongs to.
    type Product: Product;
    /// Its parameters: a struct with `#[serde(rename_all = "PascalCase")]`.
    type Request: DeserializeOwned + JsonSchema + Send;
    /// Its answer without `RequestId`: a struct that serialises to a JSON object.
    type Response: Serialize + JsonSchema + Send;
    /// Everything else there is to say about it.
    const SPEC: Spec;

    /// Does it. Authentication, authorisation and throttling have happened.
    fn call(
        call: &Call<'_, <Self::Product as Product>::State>,
        request: Self::Request,
    ) -> impl Future<Output = Result<Self::Response, <Self::Product as Product>::Error>> + Send;
}

/// What an operation knows about the request beside its parameters.
#[derive(Debug)]
pub struct Call<'a, S> {
    /// The product's state.
    pub state: &'a S,
    /// The account the caller belongs to.
    pub account: &'a str,
    /// Who calls.
    pub principal: &'a Principal,
    /// The id of this request, as the answer tells it.
    pub request_id: &'a RequestId,
    /// When the request arrived, milliseconds since 1970 UTC.
    pub now: i64,
    /// The address of the peer.
    pub source_ip: IpAddr,
    /// The `Host` header as sent.
    pub host: &'a str,
    /// Whether the request came over TLS.
    pub secure: bool,
}

impl<'a> Call<'a, ()> {
    pub(crate) fn with_state<S>(self, state: &'a S) -> Call<'a, S> {
        Call {
            state,
            account: self.account,
            principal: self.principal,
            request_id: self.request_id,
            now: self.now,
            source_ip: self.source_ip,
            host: self.host,
            secure: self.secure,
        }
    }
}

/// The access level of an operation, as its documentation page prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Makes something.
    Create,
    /// Reads one thing.
    Get,
    /// Reads many things.
    List,
    /// Changes something.
    Update,
    /// Removes something.
    Delete,
    /// The page prints none.
    None,
}

/// An error the documentation of an operation lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DocumentedError {
    /// HTTP status.
    pub status: u16,
    /// Error code.
    pub code: &'static str,
    /// The message, `%s` for free text.
    pub message: &'static str,
    /// When it is answered.
    pub when: &'static str,
    /// The same in Chinese.
    pub when_zh: &'static str,
}

impl DocumentedError {
    /// An entry of an operation's error table.
    pub const fn new(
        status: u16,
        code: &'static str,
        message: &'static str,
        when: &'static str,
        when_zh: &'static str,
    ) -> Self {
        Self { status, code, message, when, when_zh }
    }
}

/// What is known of an operation without running it.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// The `Action` that asks for it.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The same in Chinese; empty where nobody has written it.
    pub summary_zh: &'static str,
    /// Its access level.
    pub level: Level,
    /// Whether it changes nothing. What changes something is carried out once for one signature, nonce
    /// or not.
    pub read_only: bool,
    /// Whether everybody may do it who signs: no policy is asked.
    pub open: bool,
    /// Templates of the resource it works on, for example `acs:live::{#accountId}:rtc/{#AppId}`.
    /// `{#accountId}` is the caller's account, any other `{#Name}` the parameter of that name, `*`
    /// all resources of the product; `{#…Arn}` alone is a parameter that is the whole resource. With several, a policy that allows any of them allows the
    /// call, and one that denies any of them denies it.
    pub resources: &'static [&'static str],
    /// Calls per second and account; `None` when no figure is published.
    pub quota: Option<u32>,
    /// The documented error table.
    pub errors: &'static [DocumentedError],
    /// HTTP methods the official SDKs send. The gateway takes GET and POST for every operation.
    pub methods: &'static [&'static str],
    /// The group it is listed under.
    pub tag: &'static str,
    /// The same in Chinese.
    pub tag_zh: &'static str,
    /// What its caller should know beyond the summary, one sentence or more each.
    pub notes: &'static [&'static str],
    /// A request that is good, as parameters and values. `{#AppId}`, `{#GroupId}`, `{#UserId}`, `{#CustSpaceId}` and
    /// `{#BusinessNumber}` stand for what the caller has: an application of the operation's kind, a group in it, a member
    /// of that, a channel and its number, and `{#RoleArn}` for a role that trusts the caller.
    pub example: &'static [(&'static str, &'static str)],
}

impl Spec {
    /// A specification with level none, all resources, no quota, no errors, method POST.
    pub const fn new(name: &'static str, summary: &'static str) -> Self {
        Self {
            name,
            summary,
            summary_zh: "",
            level: Level::None,
            read_only: false,
            open: false,
            resources: &["*"],
            quota: None,
            errors: &[],
            methods: &["POST"],
            tag: "",
            tag_zh: "",
            notes: &[],
            example: &[],
        }
    }

    /// Sets the access level. What gets or lists only reads.
    #[must_use]
    pub const fn level(self, level: Level) -> Self {
        Self { level, read_only: matches!(level, Level::Get | Level::List), ..self }
    }

    /// Says of an operation whose page prints no level that it only reads.
    #[must_use]
    pub const fn read_only(self) -> Self {
        Self { read_only: true, ..self }
    }

    /// Says of an operation that it needs no permission.
    #[must_use]
    pub const fn open(self) -> Self {
        Self { open: true, ..self }
    }

    /// Sets the resource templates; the first is the documented one.
    #[must_use]
    pub const fn resources(self, resources: &'static [&'static str]) -> Self {
        Self { resources, ..self }
    }

    /// Sets the quota in calls per second and account.
    #[must_use]
    pub const fn quota(self, calls_per_second: u32) -> Self {
        Self { quota: Some(calls_per_second), ..self }
    }

    /// Sets the documented error table.
    #[must_use]
    pub const fn errors(self, errors: &'static [DocumentedError]) -> Self {
        Self { errors, ..self }
    }

    /// Sets the HTTP methods the SDKs send.
    #[must_use]
    pub const fn methods(self, methods: &'static [&'static str]) -> Self {
        Self { methods, ..self }
    }

    /// Sets its sentence in Chinese.
    #[must_use]
    pub const fn zh(self, summary_zh: &'static str) -> Self {
        Self { summary_zh, ..self }
    }

    /// Sets the group it is listed under, in English and in Chinese.
    #[must_use]
    pub const fn tag(self, tag: &'static str, tag_zh: &'static str) -> Self {
        Self { tag, tag_zh, ..self }
    }

    /// Sets the example.
    #[must_use]
    pub const fn example(self, example: &'static [(&'static str, &'static str)]) -> Self {
        Self { example, ..self }
    }

    /// Sets the notes.
    #[must_use]
    pub const fn notes(self, notes: &'static [&'static str]) -> Self {
        Self { notes, ..self }
    }
}
