//! What the gateway tells of the requests it answers, for metrics.

use std::sync::Arc;
use std::time::Duration;

/// Is told of requests. Calls must be quick: they are made on the way of the request.
pub trait Observer: Send + Sync + 'static {
    /// A request begins to be handled.
    fn started(&self) {}

    /// A request was answered.
    fn finished(&self, outcome: &Outcome<'_>);
}

impl<T: Observer> Observer for Arc<T> {
    fn started(&self) {
        T::started(self);
    }

    fn finished(&self, outcome: &Outcome<'_>) {
        T::finished(self, outcome);
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    /// The operation; `None` when the request named none that exists.
    pub operation: Option<&'static str>,
    /// The action that the request named and that no product has, if it has the form of a name: up to 64 letters and digits.
    pub unknown_action: Option<&'a str>,
    /// `OK`, or the code of the failure.
    pub code: &'a str,
    /// HTTP status of the answer.
    pub status: u16,
    /// From the request's head to the answer's last byte being ready.
    pub duration: Duration,
}

/// Tells nobody.
pub(crate) struct Unobserved;

impl Observer for Unobserved {
    fn finished(&self, _: &Outcome<'_>) {}
}
