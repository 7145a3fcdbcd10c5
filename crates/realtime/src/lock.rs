//! Locks that outlive a panic: the state behind them is whole after every statement, so a poisoned one is usable.
//!
//! In tests a lock may be one of `shuttle`, at which any other thread may have its turn: see `interleaved`.

#[cfg(test)]
pub(crate) mod interleaved;

use std::sync::PoisonError;
#[cfg(not(test))]
pub(crate) use std::sync::{Mutex, MutexGuard};

#[cfg(test)]
pub(crate) use interleaved::{Mutex, MutexGuard};

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
