//! Workers that a process cannot do without, and that nobody waits for: threads of a store, tasks of the hub and of the bus.
//!
//! Each ends in order when its work is over. One that ends by a panic would leave a server that looks alive and waits for
//! ever; so each holds a [`Vital`], and whoever runs the server hears of it.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// What the first that failed did. A panic is a matter of the whole process, and so is this.
static FAILED: Mutex<Option<&'static str>> = Mutex::new(None);
static TOLD: Notify = Notify::const_new();

/// Held by a worker for as long as it works.
#[derive(Debug)]
#[must_use = "it tells of a panic while it is held"]
pub struct Vital(&'static str);

impl Vital {
    /// For a worker; `what` it does completes "the worker that …".
    pub fn new(what: &'static str) -> Self {
        Self(what)
    }
}

impl Drop for Vital {
    fn drop(&mut self) {
        if std::thread::panicking() {
            FAILED.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(self.0);
            TOLD.notify_waiters();
        }
    }
}

/// Waits until a worker has failed, and says what it did. At once when one has failed before.
pub async fn failed() -> &'static str {
    loop {
        let told = TOLD.notified();
        if let Some(what) = *FAILED.lock().unwrap_or_else(PoisonError::into_inner) {
            return what;
        }
        told.await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_worker_that_panics_is_named_and_one_that_ends_in_order_is_not() {
        drop(Vital::new("ends in order"));
        assert_eq!(failed().now_or_never(), None);
        let waits = tokio::spawn(failed());
        let work = || {
            let _vital = Vital::new("writes to the store");
            panic!("a pen broke");
        };
        assert!(std::thread::spawn(work).join().is_err());
        assert_eq!(waits.await.expect("it only waits"), "writes to the store");
        assert_eq!(failed().await, "writes to the store");
    }
}
