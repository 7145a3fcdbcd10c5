//! Who listens on this node.

use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use muster_core::bus::{Letter, Listener, Question, Receipt};

/// The listeners of one bus, in the order in which they came.
#[derive(Default)]
pub(crate) struct Listeners(
    /// Replaced when a listener comes, so that no lock is held while listeners work: one of them may publish.
    RwLock<Arc<[Arc<dyn Listener>]>>,
);

impl Listeners {
    /// Adds a listener.
    pub(crate) fn add(&self, listener: Arc<dyn Listener>) {
        let mut listeners = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *listeners = listeners.iter().cloned().chain([listener]).collect();
    }

    /// Calls `tell` with every listener.
    pub(crate) fn each(&self, tell: impl Fn(&dyn Listener)) {
        let listeners = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        listeners.iter().for_each(|listener| tell(&**listener));
    }

    /// The answer of whoever deals with such questions; `None` when nobody does.
    pub(crate) fn answer(&self, question: &Question) -> Option<Bytes> {
        let listeners = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        listeners.iter().find_map(|listener| listener.answer(question))
    }

    /// Hands every listener a letter to this node; what became of it by whoever deals with such.
    pub(crate) fn hand_out(&self, letter: &Letter) -> Receipt {
        let listeners = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        let receipts = listeners.iter().filter_map(|listener| listener.letter(letter));
        // Each hears it, whatever the first has made of it.
        receipts.fold(None, |first, next| first.or(Some(next))).unwrap_or(Receipt::NoConnection)
    }
}
