//! The lock of the tests: the standard library's, and inside of [`in_any_order`] that of `shuttle`.
//!
//! There threads are coroutines, and at each lock and each wait a generator decides which of them goes on. So the code that is
//! tested is the server's own, and a run that fails does so each time with the same seed. Threads that wait for each other for
//! ever are a failure too.

use std::{
    cell::Cell,
    ops::{Deref, DerefMut},
    sync::{Arc, LockResult, PoisonError, TryLockError, TryLockResult},
};

/// What the orders are drawn from, and how many are drawn from each.
const SEEDS: [u64; 3] = [1, 2, 3];
const ORDERS: usize = 200;
/// What each thread of a scene has: code that is not optimised needs much, and memory that is not touched costs nothing.
const STACK_BYTES: usize = 4 << 20;

thread_local! {
    /// Whether locks that are made here are those of `shuttle`, whose coroutines all run on the thread that started them.
    static INTERLEAVED: Cell<bool> = const { Cell::new(false) };
}

/// Plays a scene with its threads' turns in many orders. `MUSTER_ORDERS` says how many, if not the usual number.
pub(crate) fn in_any_order(scene: impl Fn() + Send + Sync + 'static) {
    in_some_orders(ORDERS, scene);
}

/// The same with this many orders from each seed, where a scene takes long.
pub(crate) fn in_some_orders(usual: usize, scene: impl Fn() + Send + Sync + 'static) {
    struct Afterwards;
    impl Drop for Afterwards {
        fn drop(&mut self) {
            INTERLEAVED.set(false);
        }
    }
    let _afterwards = Afterwards;
    INTERLEAVED.set(true);
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever looks for more than the usual orders show says so there"
    )]
    let orders = std::env::var("MUSTER_ORDERS").map_or(usual, |text| text.parse().unwrap());
    let scene = Arc::new(scene);
    for seed in SEEDS {
        let scene = Arc::clone(&scene);
        let scheduler = shuttle::scheduler::RandomScheduler::new_from_seed(seed, orders);
        let mut config = shuttle::Config::new();
        config.stack_size = STACK_BYTES;
        shuttle::Runner::new(scheduler, config).run(move || scene());
    }
}

#[derive(Debug)]
pub(crate) enum Mutex<T> {
    Plain(std::sync::Mutex<T>),
    Interleaved(shuttle::sync::Mutex<T>),
}

pub(crate) enum MutexGuard<'a, T> {
    Plain(std::sync::MutexGuard<'a, T>),
    Interleaved(shuttle::sync::MutexGuard<'a, T>),
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        if INTERLEAVED.get() {
            Self::Interleaved(shuttle::sync::Mutex::new(value))
        } else {
            Self::Plain(std::sync::Mutex::new(value))
        }
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        match self {
            Self::Plain(mutex) => guarded(mutex.lock(), MutexGuard::Plain),
            Self::Interleaved(mutex) => guarded(mutex.lock(), MutexGuard::Interleaved),
        }
    }

    pub(crate) fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        match self {
            Self::Plain(mutex) => tried(mutex.try_lock(), MutexGuard::Plain),
            Self::Interleaved(mutex) => tried(mutex.try_lock(), MutexGuard::Interleaved),
        }
    }
}

fn guarded<G, H>(result: LockResult<G>, guard: impl Fn(G) -> H) -> LockResult<H> {
    match result {
        Ok(held) => Ok(guard(held)),
        Err(poisoned) => Err(PoisonError::new(guard(poisoned.into_inner()))),
    }
}

fn tried<G, H>(result: TryLockResult<G>, guard: impl Fn(G) -> H) -> TryLockResult<H> {
    match result {
        Ok(held) => Ok(guard(held)),
        Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
        Err(TryLockError::Poisoned(poisoned)) => {
            guarded(Err(poisoned), guard).map_err(TryLockError::Poisoned)
        }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Plain(guard) => guard,
            Self::Interleaved(guard) => guard,
        }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match self {
            Self::Plain(guard) => guard,
            Self::Interleaved(guard) => guard,
        }
    }
}
