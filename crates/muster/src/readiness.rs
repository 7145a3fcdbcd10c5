//! Whether the server can do its work: what a balancer asks again and again, and anybody may.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use muster_core::{complaint::Complaint, service::Muster};
use tokio::time::Instant;

/// How long an answer is given again without looking: each look writes to the store.
const KEPT: Duration = Duration::from_secs(1);

/// What the public is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadyState {
    Ready,
    /// What is stored works, so callers may come: only the fan-out to other nodes stands still.
    Degraded,
    Unavailable,
    Draining,
}

impl ReadyState {
    /// Status and text.
    pub(crate) fn parts(self) -> (StatusCode, &'static str) {
        match self {
            Self::Ready => (StatusCode::OK, "ready\n"),
            Self::Degraded => (StatusCode::OK, "degraded\n"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable\n"),
            Self::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
        }
    }
}

/// The server's readiness. Why it is not ready is told in the log alone.
pub(crate) struct Readiness {
    muster: Arc<Muster>,
    draining: AtomicBool,
    /// The last look, under a lock that is held while one looks: who asks meanwhile gets the same answer.
    last: tokio::sync::Mutex<Option<(Instant, ReadyState)>>,
    writing: Complaint,
    reaching: Complaint,
}

impl Readiness {
    pub(crate) fn new(muster: Arc<Muster>) -> Self {
        Self {
            muster,
            draining: AtomicBool::new(false),
            last: tokio::sync::Mutex::default(),
            writing: Complaint::about("writing to the store"),
            reaching: Complaint::about("reaching other nodes"),
        }
    }

    /// The server goes down.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the server goes down.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Whether it can do its work now, as of the last second.
    pub(crate) async fn look(&self) -> ReadyState {
        if self.is_draining() {
            return ReadyState::Draining;
        }
        let mut last = self.last.lock().await;
        if let Some((_, answer)) = last.filter(|(at, _)| at.elapsed() < KEPT) {
            return answer;
        }
        let answer = self.look_now().await;
        *last = Some((Instant::now(), answer));
        answer
    }

    async fn look_now(&self) -> ReadyState {
        let written = self.muster.ready().await;
        let reached = self.muster.bus_fault().map_or(Ok(()), Err);
        match (self.writing.note(written), self.reaching.note(reached)) {
            (None, _) => ReadyState::Unavailable,
            (Some(()), None) => ReadyState::Degraded,
            (Some(()), Some(())) => ReadyState::Ready,
        }
    }
}
