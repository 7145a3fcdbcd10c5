//! An RPC OpenAPI gateway in the manner of Alibaba Cloud's, which knows no product.
//!
//! A product lists its [`Operation`]s in a [`Catalogue`]; the gateway recognises requests, verifies
//! their signatures, authorises and throttles them, decodes their parameters into the operation's
//! types, calls it and renders the answer.

mod catalogue;
mod failure;
mod identity;
mod operation;
pub mod parameter;
pub mod policy;
mod render;
mod request_id;

pub use catalogue::{Catalogue, ProductSet};
pub use failure::{AccessDeniedDetail, Denial, Failure, FailureBody, FaultKind, ParameterFault};
pub use identity::{AccessKey, Identities, Principal, PrincipalKind};
pub use operation::{Call, DocumentedError, Level, Operation, Product, Spec};
pub use request_id::RequestId;

/// What [`integer_choice!`] expands to needs.
#[doc(hidden)]
pub mod reexport {
    pub use schemars;
    pub use serde;
}
