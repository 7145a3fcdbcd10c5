//! An answer that is there at once, or comes later.

use std::future::Future;
use std::pin::Pin;

/// What a replay guard or a throttle says. One in memory answers at once and costs no allocation;
/// one that asks other machines answers later.
pub enum Answer<'a, T> {
    /// Known now.
    Now(T),
    /// Known when the future is done.
    Later(Pin<Box<dyn Future<Output = T> + Send + 'a>>),
}

impl<T> Answer<'_, T> {
    /// Waits for the answer if it must.
    pub async fn get(self) -> T {
        match self {
            Self::Now(answer) => answer,
            Self::Later(future) => future.await,
        }
    }
}
