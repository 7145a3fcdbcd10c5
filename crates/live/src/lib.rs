//! ApsaraVideo Live interactive messaging (`live`, 2016-11-01), both generations, as operations of a gateway.
//!
//! An operation is one file: its request, its response, what is documented of it, and a handler that maps the wire to
//! a rule of `muster_core` and back. Generation 1 is the `…Message…` family in [`gen1`], generation 2 the
//! `…LiveMessage…` family in [`gen2`]; they share the product, its errors ([`error`]) and its services, and nothing
//! else: an application belongs to the generation that made it.
//!
//! ```text
//! request ──▶ typed parameters ──▶ handler ──▶ Muster (rules) ──▶ store, bus
//!                  (gateway)          │             │
//! answer  ◀── wire names ◀───────────┘             └── Error ──▶ error::Code
//! ```

mod access;
mod app_sign;
pub mod audit;
pub mod callback;
mod endpoints;
mod error;
mod gen1;
mod gen2;
mod prelude;
mod signed;
mod wire;

use std::sync::Arc;

use muster_core::service::Muster;
use muster_gateway::{Catalogue, Denial, Failure, ParameterFault, Product};

pub use access::bundle;
pub use endpoints::Endpoints;

/// What the operations of this product work with.
pub struct Services {
    /// The rules of the domain.
    pub muster: Arc<Muster>,
    /// Where clients reach this server.
    pub endpoints: Endpoints,
    /// Whether applications may name private addresses and ports as what the server calls.
    pub allow_private: bool,
}

/// A call of an operation of this product.
type Call<'a> = muster_gateway::Call<'a, Services>;

/// The product.
pub struct Live;

impl Product for Live {
    type State = Services;
    type Error = error::Error;
    const CODE: &'static str = "live";
    const VERSION: &'static str = "2016-11-01";
    const TITLE: &'static str = "ApsaraVideo Live interactive messaging";

    fn parameter_fault(fault: &ParameterFault) -> Failure {
        error::parameter_fault(fault)
    }

    fn denied(denial: &Denial) -> Failure {
        error::denied(denial)
    }

    fn unavailable() -> Failure {
        error::unavailable()
    }

    fn unknown_outcome() -> Failure {
        error::unknown_outcome()
    }
}

/// The operations of the product, generation 2 before generation 1.
#[must_use]
pub fn catalogue(services: Services) -> Catalogue<Live> {
    gen1::operations(gen2::operations(Catalogue::new(services)))
}
