//! Sends the callbacks that applications are owed.
//!
//! What is due is taken out of the store under a lease, so that nodes share the work and none sends what another is sending;
//! a node that dies leaves what it had taken to the others once the lease has run out. Of each application only so many are
//! under way at once, and of all: a receiver that is slow or dead holds up its own callbacks alone.

use std::{collections::HashMap, sync::Arc, time::Duration};

use muster_core::{
    callback::{CallbackEvent, StoredCall, UnderWay},
    complaint::Complaint,
    id::AppId,
    outbound::{Call, Outbound},
    service::{DueCall, Muster, OutboxBounds},
};
use tokio::task::{Id, JoinError, JoinSet};

use crate::config::{CallbacksConfig, Configuration};

/// Beside the time of the call itself, what a lease allows for waiting and for clocks that differ.
const LEASE_SPARE: Duration = Duration::from_secs(30);

/// Whoever sends callbacks.
pub(crate) struct Sender {
    muster: Arc<Muster>,
    outbound: Arc<dyn Outbound>,
    bounds: OutboxBounds,
    config: CallbacksConfig,
}

impl Sender {
    pub(crate) fn new(
        muster: Arc<Muster>,
        outbound: Arc<dyn Outbound>,
        configuration: &Configuration,
    ) -> Self {
        let config = configuration.callbacks.clone();
        let call = Duration::from_secs(configuration.outbound.answer_seconds.into());
        let bounds = OutboxBounds {
            per_app: config.per_app,
            lease: call * 2 + LEASE_SPARE,
            tried_for: Duration::from_secs(u64::from(config.tried_hours) * 3600),
            owed_per_app: config.owed_per_app,
            dead_per_app: config.dead_per_app,
        };
        Self { muster, outbound, bounds, config }
    }

    /// Sends for as long as the server runs.
    pub(crate) async fn run(self) {
        let complaint = Complaint::about("sending callbacks");
        let (mut attempts, mut of) = (JoinSet::new(), HashMap::new());
        loop {
            while let Some(done) = attempts.try_join_next_with_id() {
                of.remove(&ended(done));
            }
            if attempts.len() < self.config.at_once {
                let due = self.muster.outbox().take(&under_way(&of), self.bounds).await;
                for due in complaint.note(due).unwrap_or_default() {
                    let which = (due.call.app.clone(), due.call.number);
                    let (muster, outbound) = (Arc::clone(&self.muster), Arc::clone(&self.outbound));
                    let attempt = attempts.spawn(send(muster, outbound, due, self.bounds));
                    of.insert(attempt.id(), which);
                }
            }
            let (wait, outbox) = (self.wait().await, self.muster.outbox());
            tokio::select! {
                () = outbox.owed() => {}
                Some(done) = attempts.join_next_with_id() => { of.remove(&ended(done)); }
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// How long nothing is due, as far as the store knows: other nodes owe too, and clocks are set.
    async fn wait(&self) -> Duration {
        let most = Duration::from_secs(self.config.poll_seconds.into());
        let due = self.muster.outbox().due_in().await.ok().flatten();
        // What is due and not taken waits for another to end.
        let due = due.map(|due| Duration::from_millis(u64::try_from(due).unwrap_or(0).max(50)));
        due.map_or(most, |due| due.min(most))
    }
}

/// Which attempt has ended, however it did.
fn ended(done: Result<(Id, ()), JoinError>) -> Id {
    match done {
        Ok((attempt, ())) => attempt,
        Err(error) => error.id(),
    }
}

/// The callbacks that attempts are made at.
fn under_way(of: &HashMap<Id, (AppId, i64)>) -> UnderWay {
    let mut all = UnderWay::new();
    for (app, number) in of.values() {
        all.entry(app.clone()).or_default().insert(*number);
    }
    all
}

/// What is sent, in the form of the product that the event is of.
fn made(
    muster: &Muster,
    call: &StoredCall,
    event: &CallbackEvent,
    url: &str,
    key: Option<&str>,
) -> Result<Call, String> {
    match event {
        CallbackEvent::News(news) => muster_cams::callback::call(news, url),
        CallbackEvent::ChatGroup(news) => muster_cams::group_callback::call(&call.id, news, url),
        _ => muster_live::callback::call(call, event, url, key.unwrap_or_default(), muster.now().0 / 1000),
    }
}

/// The body of it.
pub(crate) fn body(call: &StoredCall, event: &CallbackEvent) -> Result<Vec<u8>, String> {
    match event {
        CallbackEvent::News(news) => muster_cams::callback::body(news),
        CallbackEvent::ChatGroup(news) => muster_cams::group_callback::body(&call.id, news),
        _ => muster_live::callback::body(call, event),
    }
}

/// Makes one attempt.
async fn send(muster: Arc<Muster>, outbound: Arc<dyn Outbound>, due: DueCall, bounds: OutboxBounds) {
    let DueCall { call, event, url, key } = due;
    let told = match made(&muster, &call, &event, &url, key.as_deref()) {
        Ok(made) => match outbound.call(made).await {
            Ok(answered) if answered.is_success() => Ok(()),
            Ok(answered) => Err(format!("status {}", answered.status)),
            Err(fault) => Err(fault.to_string()),
        },
        Err(fault) => Err(fault),
    };
    if let Err(fault) = &told {
        tracing::debug!(app = %call.app, id = %call.id, attempts = call.attempts, %fault, "a callback was not taken");
    }
    if let Err(error) = muster.outbox().settle(&call, told, bounds).await {
        // It is tried again when the lease has run out.
        tracing::debug!(app = %call.app, id = %call.id, %error, "what a callback came to could not be noted");
    }
}
