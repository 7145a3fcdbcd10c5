//! Moderation by a service of the application's own: when it is asked, and when it is passed over.
//!
//! A message waits for the answer, so a service must not be able to hold up more than its own application's messages, and
//! those only for a moment: an answer has a time, only so many questions are under way at once, of each application and of
//! all, and a service that failed several times in a row is left alone for a while. Whatever is no answer lets the message
//! pass, as it is documented.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    figure::Figure,
    id::AppId,
    moderation::{AuditBounds, AuditQuestion, Auditor},
    time::Millis,
};

/// Applications whose services a node remembers; beyond that the memory begins anew.
const SERVICES_KNOWN: usize = 1_024;

/// How an application's service has done lately.
struct Health {
    /// Where it is: at another address it is another service.
    url: String,
    /// Failures since its last answer.
    failures: u32,
    /// Until when it is passed over.
    rests_until: Millis,
    /// What limits the questions under way.
    places: Arc<Semaphore>,
}

/// Places among the questions of all and of one application. Given back when dropped.
struct Places {
    _of_all: OwnedSemaphorePermit,
    _of_app: OwnedSemaphorePermit,
}

/// The services that applications have named, as this node knows them.
pub(super) struct Audits {
    bounds: AuditBounds,
    places: Arc<Semaphore>,
    known: Mutex<HashMap<AppId, Health>>,
    passed: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    unasked: AtomicU64,
}

impl Audits {
    pub(super) fn new(bounds: AuditBounds) -> Self {
        Self {
            bounds,
            places: Arc::new(Semaphore::new(bounds.at_once)),
            known: Mutex::default(),
            passed: AtomicU64::default(),
            refused: AtomicU64::default(),
            failed: AtomicU64::default(),
            unasked: AtomicU64::default(),
        }
    }

    /// Whether an application's text may be told: unless the application's service says that it may not. `key` signs the
    /// question.
    pub(super) async fn lets_pass(
        &self,
        auditor: &dyn Auditor,
        app: &AppId,
        (url, key): (&str, &str),
        text: &str,
        at: Millis,
    ) -> bool {
        let Some(_places) = self.admit(app, url, at) else {
            self.unasked.fetch_add(1, Ordering::Relaxed);
            return true;
        };
        let answer = auditor.ask(AuditQuestion { url, key, text, at, time: self.bounds.time }).await;
        let count = match &answer {
            Ok(true) => &self.passed,
            Ok(false) => &self.refused,
            Err(fault) => {
                tracing::debug!(%app, %fault, "a moderation service did not answer");
                &self.failed
            }
        };
        count.fetch_add(1, Ordering::Relaxed);
        self.note(app, url, answer.is_ok(), at);
        answer.unwrap_or(true)
    }

    /// Places for a question, unless the service rests or too many are asked. The first question after a rest is a trial:
    /// until it is answered the service rests on.
    fn admit(&self, app: &AppId, url: &str, at: Millis) -> Option<Places> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let health = self.of(&mut known, app, url);
        let broken = health.failures >= self.bounds.failures;
        if broken && at < health.rests_until {
            return None;
        }
        let of_app = Arc::clone(&health.places).try_acquire_owned().ok()?;
        let of_all = Arc::clone(&self.places).try_acquire_owned().ok()?;
        if broken {
            health.rests_until = at + self.bounds.rest_millis();
        }
        Some(Places { _of_all: of_all, _of_app: of_app })
    }

    /// Notes an answer, or that there was none.
    fn note(&self, app: &AppId, url: &str, answered: bool, at: Millis) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let health = self.of(&mut known, app, url);
        if answered {
            health.failures = 0;
            return;
        }
        health.failures = health.failures.saturating_add(1);
        if health.failures < self.bounds.failures {
            return;
        }
        health.rests_until = at + self.bounds.rest_millis();
        if health.failures == self.bounds.failures {
            let seconds = self.bounds.rest.as_secs();
            tracing::warn!(%app, seconds, "an application's moderation service failed too often: messages pass unasked for a while");
        }
    }

    fn of<'a>(&self, known: &'a mut HashMap<AppId, Health>, app: &AppId, url: &str) -> &'a mut Health {
        if known.len() >= SERVICES_KNOWN && !known.contains_key(app) {
            known.clear();
        }
        let health = known.entry(app.clone()).or_insert_with(|| self.unknown(url));
        if health.url != url {
            *health = self.unknown(url);
        }
        health
    }

    /// A service of which nothing is known yet.
    fn unknown(&self, url: &str) -> Health {
        let places = Arc::new(Semaphore::new(self.bounds.per_app));
        Health { url: url.to_owned(), failures: 0, rests_until: Millis(0), places }
    }

    pub(super) fn figures(&self) -> [Figure; 4] {
        let value = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            Figure::counter(
                "moderation_passed",
                "Messages that applications' moderation services let pass.",
                value(&self.passed),
            ),
            Figure::counter(
                "moderation_refused",
                "Messages that applications' moderation services refused.",
                value(&self.refused),
            ),
            Figure::counter(
                "moderation_failed",
                "Messages that passed because a moderation service gave no answer.",
                value(&self.failed),
            ),
            Figure::counter(
                "moderation_unasked",
                "Messages that passed unasked: a moderation service rests after failures, or too many questions are under way.",
                value(&self.unasked),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicUsize, time::Duration};

    use async_trait::async_trait;
    use tokio::sync::Notify;

    use super::*;

    /// Gives one answer, and counts how often it was asked.
    struct Fixed(Result<bool, String>, AtomicUsize);

    impl Fixed {
        fn of(answer: Result<bool, &str>) -> Self {
            Self(answer.map_err(str::to_owned), AtomicUsize::default())
        }

        fn asked(&self) -> usize {
            self.1.load(Ordering::Relaxed)
        }
    }

    #[async_trait]
    impl Auditor for Fixed {
        async fn ask(&self, _: AuditQuestion<'_>) -> Result<bool, String> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.clone()
        }
    }

    /// Answers when it is told to.
    #[derive(Default)]
    struct Slow(Notify);

    #[async_trait]
    impl Auditor for Slow {
        async fn ask(&self, _: AuditQuestion<'_>) -> Result<bool, String> {
            self.0.notified().await;
            Ok(false)
        }
    }

    fn app(id: &str) -> AppId {
        AppId::new(id).unwrap()
    }

    async fn asks(audits: &Audits, auditor: &dyn Auditor, id: &str, at: i64) -> bool {
        audits.lets_pass(auditor, &app(id), ("http://a", "key"), "x", Millis(at)).await
    }

    fn counted(audits: &Audits) -> [u64; 4] {
        audits.figures().map(|figure| figure.value)
    }

    #[tokio::test]
    async fn a_service_decides_and_one_that_does_not_answer_lets_pass() {
        let audits = Audits::new(AuditBounds::default());
        for (answer, passes) in [(Ok(true), true), (Ok(false), false), (Err("status 500"), true)] {
            assert_eq!(asks(&audits, &Fixed::of(answer), "a", 0).await, passes);
        }
        assert_eq!(counted(&audits), [1, 1, 1, 0]);
    }

    #[tokio::test]
    async fn a_service_that_fails_again_and_again_rests_and_is_tried_once_more() {
        let bounds = AuditBounds { failures: 2, rest: Duration::from_secs(10), ..AuditBounds::default() };
        let (audits, dead) = (Audits::new(bounds), Fixed::of(Err("nobody is there")));
        for _ in 0..5 {
            assert!(asks(&audits, &dead, "a", 0).await);
        }
        assert_eq!(dead.asked(), 2);
        assert!(!asks(&audits, &Fixed::of(Ok(false)), "b", 0).await, "others are asked on");
        for _ in 0..2 {
            assert!(asks(&audits, &dead, "a", 10_000).await);
        }
        assert_eq!(dead.asked(), 3, "one question after the rest, and another rest");
        assert!(!asks(&audits, &Fixed::of(Ok(false)), "a", 20_000).await);
        assert!(asks(&audits, &dead, "a", 20_000).await);
        assert_eq!(dead.asked(), 4, "an answer makes good what was before");
        let elsewhere = ("http://b", "key");
        let well = Fixed::of(Ok(false));
        assert!(asks(&audits, &dead, "a", 20_000).await);
        assert!(!audits.lets_pass(&well, &app("a"), elsewhere, "x", Millis(20_000)).await, "another service");
    }

    #[tokio::test]
    async fn while_a_service_is_tried_again_what_comes_meanwhile_passes() {
        let bounds = AuditBounds { failures: 1, rest: Duration::from_secs(10), ..AuditBounds::default() };
        let (audits, slow) = (Audits::new(bounds), Slow::default());
        assert!(asks(&audits, &Fixed::of(Err("nobody is there")), "a", 0).await);
        let trial = asks(&audits, &slow, "a", 10_000);
        let rest = async {
            assert!(asks(&audits, &slow, "a", 10_000).await);
            slow.0.notify_one();
        };
        let (passes, ()) = tokio::join!(trial, rest);
        assert!(!passes, "the trial is answered");
        assert_eq!(counted(&audits), [0, 1, 1, 1]);
    }

    #[tokio::test]
    async fn what_finds_no_place_passes_unasked_and_one_application_takes_nobody_elses() {
        let bounds = AuditBounds { per_app: 1, at_once: 2, ..AuditBounds::default() };
        let (audits, slow, strict) = (Audits::new(bounds), Slow::default(), Fixed::of(Ok(false)));
        let first = asks(&audits, &slow, "a", 0);
        let rest = async {
            assert!(asks(&audits, &strict, "a", 0).await, "its place is taken");
            assert!(!asks(&audits, &strict, "b", 0).await);
            slow.0.notify_one();
        };
        let (passes, ()) = tokio::join!(first, rest);
        assert!(!passes);
        assert!(!asks(&audits, &strict, "a", 0).await, "the place was given back");
        assert_eq!((strict.asked(), counted(&audits)), (2, [0, 3, 0, 1]));
        let none = Audits::new(AuditBounds { at_once: 0, ..AuditBounds::default() });
        assert!(asks(&none, &strict, "a", 0).await);
    }
}
