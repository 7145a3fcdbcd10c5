//! What a gateway is made of: its products, where operations are, and what it asks of the house around it. How it serves
//! a request is in [`crate::serve`].

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arc_swap::ArcSwap;
use thiserror::Error;

use crate::catalogue::{Entry, ProductEntry, ProductSet};
use crate::config::{GatewayConfig, ThrottleConfig};
use crate::environment::Environment;
use crate::identity::Identities;
use crate::observer::{Observer, Unobserved};
use crate::replay::{LocalReplayGuard, ReplayGuard};
use crate::throttle::{LocalThrottle, Throttle};
use crate::undertaking::{Undertaking, Unknown};

/// Serves the operations of its products.
pub struct Gateway {
    pub(crate) products: Vec<ProductEntry>,
    /// Where an operation is, by version and name.
    pub(crate) routes: Routes,
    /// Calls per second by product and operation, 0 = none.
    pub(crate) quotas: ArcSwap<Vec<Vec<u32>>>,
    pub(crate) identities: Box<dyn Identities>,
    pub(crate) environment: Box<dyn Environment>,
    pub(crate) replay: Box<dyn ReplayGuard>,
    pub(crate) throttle: Box<dyn Throttle>,
    /// Counts denied calls by access key, on this node alone.
    pub(crate) denials: LocalThrottle,
    pub(crate) denied_per_second: AtomicU32,
    pub(crate) observer: Box<dyn Observer>,
    /// Makes what watches the work of a request.
    pub(crate) undertakings: Box<dyn Fn() -> Box<dyn Undertaking> + Send + Sync>,
    pub(crate) config: GatewayConfig,
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
