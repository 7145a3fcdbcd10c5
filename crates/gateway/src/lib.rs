//! An RPC OpenAPI gateway in the manner of Alibaba Cloud's, which knows no product.
//!
//! A product lists its [`Operation`]s in a [`Catalogue`]; the [`Gateway`] recognises requests,
//! verifies their signatures, authorises and throttles them, decodes their parameters into the
//! operation's types, calls it and renders the answer.

mod answer;
mod audit;
mod authenticate;
mod authorise;
mod body;
mod catalogue;
mod config;
mod describe;
mod environment;
mod exchange;
mod failure;
mod gateway;
mod identity;
mod observer;
mod openapi;
pub mod operation;
pub mod parameter;
mod percent;
pub mod policy;
mod refusal;
mod render;
mod replay;
mod request;
mod request_id;
mod serve;
mod signature;
mod throttle;
mod timestamp;
mod undertaking;

pub use answer::Answer;
pub use body::{BodyBounds, BodyFault, read_body};
pub use catalogue::{Catalogue, ProductSet};
pub use config::{GatewayConfig, InvalidBound, ThrottleConfig};
pub use describe::{CatalogueData, OperationData, ProductData, ValueData};
pub use environment::Environment;
pub use exchange::Origin;
pub use failure::{AccessDeniedDetail, Denial, Failure, FailureBody, FaultKind, ParameterFault};
pub use gateway::{Gateway, GatewayError};
pub use identity::{
    AccessKey, CredentialFault, FoundKey, Identities, Identity, Principal, PrincipalKind, Temporary,
};
pub use observer::{Observer, Outcome};
pub use operation::{Call, DocumentedError, Level, Operation, Product, Spec};
pub use replay::{LocalReplayGuard, NonceRecord, NonceVerdict, ReplayGuard, StampedNonce};
pub use request_id::RequestId;
pub use serve::DirectCall;
pub use throttle::{LocalThrottle, Throttle, ThrottledCall};
pub use undertaking::Undertaking;

/// What [`integer_choice!`] expands to needs.
#[doc(hidden)]
pub mod reexport {
    pub use schemars;
    pub use serde;
}
