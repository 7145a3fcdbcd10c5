//! The server's background tasks: each runs for as long as the server does, and the server for as long as each of them.
//!
//! A server without one of them would look alive and go wrong later: without its lease, for one, its members are taken
//! for gone by the other nodes. So it ends instead, and says why; what starts it again has all of them again.
//! What works inside the store, the hub and the bus tells of its end by [`muster_core::vital`], with the same consequence.

use std::{collections::HashMap, future::Future};

use anyhow::anyhow;
use tokio::task::{Id, JoinSet};

/// Tasks by what they do.
#[derive(Default)]
pub(crate) struct Tasks {
    running: JoinSet<()>,
    names: HashMap<Id, &'static str>,
}

impl Tasks {
    /// Starts one; `what` it does completes "the task that …".
    pub(crate) fn spawn(&mut self, what: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let id = self.running.spawn(task).id();
        self.names.insert(id, what);
    }

    /// Waits until one ends, which none should, and says which and how.
    pub(crate) async fn failed(&mut self) -> anyhow::Error {
        let (id, how) = match self.running.join_next_with_id().await {
            None => return anyhow!("no background task is left"),
            Some(Ok((id, ()))) => (id, "ended".to_owned()),
            Some(Err(error)) => (error.id(), format!("failed: {error}")),
        };
        let what = self.names.get(&id).copied().unwrap_or("has no name");
        anyhow!("the task that {what} {how}")
    }

    /// Ends all.
    pub(crate) async fn end(mut self) {
        self.running.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_is_named() {
        let mut tasks = Tasks::default();
        tasks.spawn("goes on", std::future::pending());
        tasks.spawn("renews this node's lease", std::future::ready(()));
        assert_eq!(tasks.failed().await.to_string(), "the task that renews this node's lease ended");
    }

    #[tokio::test]
    async fn a_task_that_panics_is_named_with_its_reason() {
        let mut tasks = Tasks::default();
        tasks.spawn("sweeps", async { panic!("a broom broke") });
        let said = tasks.failed().await.to_string();
        assert!(said.starts_with("the task that sweeps failed") && said.contains("a broom broke"), "{said}");
    }
}
