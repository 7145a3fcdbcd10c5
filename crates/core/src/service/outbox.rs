//! Callbacks that applications are owed: written with the changes that they tell of, handed out to whoever sends them, and
//! settled after each attempt.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::sync::Notify;

use super::{
    AppRules, Muster,
    chat_news::{address, address_of_group},
};
use crate::{
    app::App,
    callback::{CallbackEvent, Found, Membership, Outcome, OwedCall, StoredCall, UnderWay, id_of},
    error::Result,
    figure::Figure,
    group::{Page, Window},
    id::{AppId, GroupId, SessionId, UserId},
};

/// The wait after a first attempt, in milliseconds. It doubles with each further one.
const FIRST_WAIT: i64 = 1_000;
/// The longest wait, in milliseconds.
const LONGEST_WAIT: i64 = 600_000;

/// What callbacks of this process have come to, and what wakes whoever sends them.
#[derive(Debug, Default)]
pub(super) struct OutboxState {
    pub(super) wake: Notify,
    told: AtomicU64,
    failed: AtomicU64,
    died: AtomicU64,
    dropped: AtomicU64,
}

impl OutboxState {
    pub(super) fn figures(&self) -> [Figure; 4] {
        let value = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            Figure::counter("callbacks_told", "Callbacks that their receivers took.", value(&self.told)),
            Figure::counter("callbacks_failed", "Attempts at callbacks that failed.", value(&self.failed)),
            Figure::counter("callbacks_died", "Callbacks that became dead letters.", value(&self.died)),
            Figure::counter(
                "callbacks_dropped",
                "Callbacks removed because an application had more than are kept.",
                value(&self.dropped),
            ),
        ]
    }
}

/// Bounds of sending callbacks.
#[derive(Clone, Copy, Debug)]
pub struct OutboxBounds {
    /// Callbacks of one application under way at once.
    pub per_app: usize,
    /// How long whoever took a callback has, before others take it for given up.
    pub lease: Duration,
    /// How long a callback is tried.
    pub tried_for: Duration,
    /// Callbacks that one application may be owed; the oldest go first.
    pub owed_per_app: u64,
    /// Dead letters of one application that are kept, likewise.
    pub dead_per_app: u64,
}

/// A callback to be sent.
#[derive(Debug)]
pub struct DueCall {
    /// The callback.
    pub call: StoredCall,
    /// What it tells of.
    pub event: CallbackEvent,
    /// Where to.
    pub url: String,
    /// The application's key, which signs it; what a business is told is not signed.
    pub key: Option<String>,
}

/// The rules of callbacks.
#[derive(Clone, Copy)]
pub struct OutboxRules<'a>(pub(super) &'a Muster);

impl OutboxRules<'_> {
    /// Takes what is due for sending, in the order of each lane; nobody else is given it meanwhile, and what this process has
    /// `under_way` is not given again. What nobody can be told any more is removed.
    ///
    /// # Errors
    /// The store's.
    pub async fn take(&self, under_way: &UnderWay, bounds: OutboxBounds) -> Result<Vec<DueCall>> {
        let now = self.0.now();
        let until = now + millis(bounds.lease);
        let records = self.0.store.records();
        let taken = records.claim_calls(now, until, bounds.per_app, under_way.clone()).await?;
        let mut due = Vec::with_capacity(taken.len());
        for call in taken {
            let Some(event) = call.event.clone() else {
                let fault = "a later version of the server wrote it".to_owned();
                records.settle_call(&call, Outcome::Dead { fault }).await?;
                continue;
            };
            match self.target(&call.app, &event).await? {
                Some((url, key)) => due.push(DueCall { call, event, url, key }),
                None => {
                    records.settle_call(&call, Outcome::Told).await?;
                }
            }
        }
        Ok(due)
    }

    /// Where an event is told now, and the key that signs it; `None` when it is told nowhere any more.
    async fn target(&self, app: &AppId, event: &CallbackEvent) -> Result<Option<(String, Option<String>)>> {
        let store = &*self.0.store;
        let of_business = match event {
            CallbackEvent::News(news) => Some(address(store, news).await?),
            CallbackEvent::ChatGroup(news) => Some(address_of_group(store, news).await?),
            _ => None,
        };
        if let Some(url) = of_business {
            return Ok(url.map(|url| (url, None)));
        }
        let Some(app) = store.records().app(app).await? else { return Ok(None) };
        let Some(url) = app.callback_url.clone() else { return Ok(None) };
        Ok(Some((url, Some(AppRules(self.0).key_of(&app)?))))
    }

    /// Notes what an attempt came to: the reason when it failed.
    ///
    /// # Errors
    /// The store's.
    pub async fn settle(
        &self,
        call: &StoredCall,
        told: std::result::Result<(), String>,
        bounds: OutboxBounds,
    ) -> Result<()> {
        let (now, state) = (self.0.now(), &self.0.outbox);
        let outcome = match told {
            Ok(()) => Outcome::Told,
            Err(fault) if now - call.made_at >= millis(bounds.tried_for) => Outcome::Dead { fault },
            Err(fault) => Outcome::Again { at: now + wait_after(call.attempts), fault },
        };
        let counted = match &outcome {
            Outcome::Told => &state.told,
            Outcome::Again { .. } => &state.failed,
            Outcome::Dead { .. } => &state.died,
        };
        counted.fetch_add(1, Ordering::Relaxed);
        let dies = matches!(outcome, Outcome::Dead { .. });
        self.0.store.records().settle_call(call, outcome).await?;
        if dies {
            self.trim(&call.app, true, bounds.dead_per_app).await?;
        } else if call.attempts > 1 {
            // Whoever takes what it is sent does not pile up.
            self.trim(&call.app, false, bounds.owed_per_app).await?;
        }
        Ok(())
    }

    async fn trim(&self, app: &AppId, dead: bool, keep: u64) -> Result<()> {
        let dropped = self.0.store.records().trim_calls(app, dead, keep).await?;
        self.0.outbox.dropped.fetch_add(dropped, Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(%app, dropped, dead, "callbacks were removed: the application has more than are kept");
        }
        Ok(())
    }

    /// Milliseconds until the next callback is due; `None` when nothing is owed.
    ///
    /// # Errors
    /// The store's.
    pub async fn due_in(&self) -> Result<Option<i64>> {
        let next = self.0.store.records().next_call().await?;
        Ok(next.map(|at| (at - self.0.now()).max(0)))
    }

    /// Waits until a change of this process owes a callback. One that came before counts.
    pub async fn owed(&self) {
        self.0.outbox.wake.notified().await;
    }

    /// Callbacks that are owed, or dead letters, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, dead: bool, window: Window) -> Result<Page<StoredCall>> {
        Ok(self.0.store.records().calls(dead, window).await?)
    }

    /// The callback or dead letter of this number, and where it is sent to: nowhere when its application has no address.
    ///
    /// # Errors
    /// The store's.
    pub async fn find(&self, number: i64) -> Result<Option<(StoredCall, Option<String>)>> {
        let records = self.0.store.records();
        let Some(call) = records.call(number).await? else { return Ok(None) };
        let url = match &call.event {
            Some(event) => self.target(&call.app, event).await?.map(|(url, _)| url),
            None => None,
        };
        Ok(Some((call, url)))
    }

    /// Has a dead letter tried again, as if it had been made now; whether there was one.
    ///
    /// # Errors
    /// The store's.
    pub async fn revive(&self, number: i64) -> Result<bool> {
        let revived = self.0.store.records().revive_call(number, self.0.now()).await?;
        self.0.outbox.wake.notify_one();
        Ok(revived)
    }

    /// Removes a callback or a dead letter; whether it was there.
    ///
    /// # Errors
    /// The store's.
    pub async fn forget(&self, number: i64) -> Result<bool> {
        Ok(self.0.store.records().drop_call(number).await?)
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// How long to wait after so many attempts, in milliseconds.
fn wait_after(attempts: u32) -> i64 {
    let doubled = attempts.saturating_sub(1).min(20);
    (FIRST_WAIT << doubled).min(LONGEST_WAIT)
}

impl Muster {
    /// What an application is owed for a membership that begins or ends; nothing unless it has asked to be told.
    pub(super) fn owed_for(
        &self,
        app: &App,
        of: (&GroupId, &UserId, Option<&SessionId>),
        event: fn(Membership) -> CallbackEvent,
    ) -> Vec<OwedCall> {
        let (group, user, session) = of;
        let membership = Membership { group: group.clone(), user: user.clone(), session: session.cloned() };
        self.owed(app, event(membership))
    }

    /// What an application is owed for an event; nothing unless it has asked to be told.
    pub(super) fn owed(&self, app: &App, event: CallbackEvent) -> Vec<OwedCall> {
        if !app.hears_callbacks() {
            return Vec::new();
        }
        let (id, made_at) = (id_of(&self.random.hex(32)), self.now());
        vec![OwedCall { id, app: app.id.clone(), event, made_at }]
    }

    /// What callbacks are made of that are owed to an application for what the store finds; `None` unless it has asked to
    /// be told.
    pub(super) fn found(&self, app: &App) -> Option<Found> {
        app.hears_callbacks().then(|| self.found_anywhere())
    }

    /// The same for a change of which the store knows whom it concerns.
    pub(super) fn found_anywhere(&self) -> Found {
        Found::new(self.random.hex(Found::SEED_DIGITS), self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_bound() {
        let waits: Vec<_> = [1, 2, 3, 10, 11, 4_000_000_000].into_iter().map(wait_after).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 512_000, 600_000, 600_000]);
        assert_eq!(millis(Duration::MAX), i64::MAX);
    }
}
