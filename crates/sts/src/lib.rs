//! The Security Token Service (`sts`, 2015-04-01), as operations of a gateway: callers become a role for a time, and ask who
//! they are.
//!
//! Two policies decide who may become a role: what is attached to the caller must allow `sts:AssumeRole` on the role, which
//! the gateway looks at as for every operation; and the role's own trust policy must name the caller, which
//! [`assume_role`] looks at. What is given out is a temporary key that is kept nowhere (`muster_core::role_session`).

mod assume_role;
mod error;
mod external_id;
mod get_caller_identity;
mod role_arn;
mod session_name;

use std::sync::Arc;

use muster_core::service::Muster;
use muster_gateway::{Catalogue, Denial, Failure, ParameterFault, Product};

/// What the operations of this product work with.
pub struct Services {
    /// The rules of the domain.
    pub muster: Arc<Muster>,
}

/// A call of an operation of this product.
type Call<'a> = muster_gateway::Call<'a, Services>;

/// The product.
pub struct Sts;

impl Product for Sts {
    type State = Services;
    type Error = error::Error;
    const CODE: &'static str = "sts";
    const VERSION: &'static str = "2015-04-01";
    const TITLE: &'static str = "Security Token Service";

    fn parameter_fault(fault: &ParameterFault) -> Failure {
        error::parameter_fault(fault)
    }

    fn denied(_: &Denial) -> Failure {
        error::no_permission()
    }

    fn unavailable() -> Failure {
        error::unavailable()
    }
}

/// The operations of the product. A new one is a file and a line here.
#[must_use]
pub fn catalogue(services: Services) -> Catalogue<Sts> {
    Catalogue::new(services)
        .operation::<assume_role::AssumeRole>()
        .operation::<get_caller_identity::GetCallerIdentity>()
}
