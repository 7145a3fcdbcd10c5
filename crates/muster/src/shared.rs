//! Nonces and quotas that hold over all nodes: kept in the store that the nodes share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use muster_core::{
    complaint::Complaint,
    store::{Admissions, Drawn},
    time::Millis,
};
use muster_gateway::{Answer, NonceVerdict, ReplayGuard, StampedNonce, Throttle, ThrottledCall};

/// The part of a second's quota that a node draws at once, so that most calls need not ask the store: a twentieth.
const DRAW_PART: u32 = 20;
/// How long a draw counts. What a node has not used by then is lost to the quota.
const DRAWN_FOR: Duration = Duration::from_millis(200);
/// The longest time for which a refusal is given again without asking.
const REFUSED_FOR: Duration = Duration::from_millis(50);
/// Allowances remembered at most; the idle ones are forgotten first.
const CAPACITY: usize = 100_000;

/// Refuses a nonce that any node has seen.
pub(crate) struct SharedReplayGuard {
    admissions: Arc<dyn Admissions>,
    complaint: Complaint,
}

impl SharedReplayGuard {
    /// Over the store that the nodes share.
    pub(crate) fn new(admissions: Arc<dyn Admissions>) -> Self {
        Self { admissions, complaint: Complaint::about("looking up nonces") }
    }
}

impl ReplayGuard for SharedReplayGuard {
    fn admit(&self, nonce: &StampedNonce<'_>) -> Answer<'_, NonceVerdict> {
        let (mark, stamped) = (nonce.mark(), Millis(nonce.stamped));
        Answer::Later(Box::pin(async move {
            let looked_up = self.admissions.admit_nonce(mark, stamped).await;
            // A clock that is wrong makes every request fail: the operator is told, once.
            match self.complaint.note(looked_up) {
                Some(true) => NonceVerdict::Fresh,
                Some(false) => NonceVerdict::Used,
                None => NonceVerdict::Unknown,
            }
        }))
    }
}

/// Counts calls against quotas that all nodes share.
///
/// A node draws a twentieth of a second's quota at a time. All nodes together never draw more than the quota; what is
/// drawn may be used up to 200 ms later, and is lost when it is not.
pub(crate) struct SharedThrottle {
    admissions: Arc<dyn Admissions>,
    pots: Mutex<HashMap<String, Pot>>,
}

/// What this node may still admit without asking.
#[derive(Clone, Copy, Debug, Default)]
struct Pot {
    left: u32,
    /// Until when, by the steady clock.
    good_until: Duration,
    /// Until when nothing is granted.
    refused_until: Duration,
}

impl SharedThrottle {
    pub(crate) fn new(admissions: Arc<dyn Admissions>) -> Self {
        Self { admissions, pots: Mutex::default() }
    }

    /// Takes a call out of what was drawn, or says that there is nothing yet, if that is known.
    fn take(&self, allowance: &str, now: Duration) -> Option<Result<(), u64>> {
        let mut pots = self.pots.lock().unwrap_or_else(PoisonError::into_inner);
        let pot = pots.get_mut(allowance)?;
        if pot.left > 0 && now < pot.good_until {
            pot.left -= 1;
            return Some(Ok(()));
        }
        let wait = pot.refused_until.saturating_sub(now).as_millis();
        (wait > 0).then(|| Err(u64::try_from(wait).unwrap_or(u64::MAX)))
    }

    /// Notes what was drawn; the asking call takes the first.
    fn note(&self, allowance: String, now: Duration, drawn: Drawn) -> Result<(), u64> {
        let mut pots = self.pots.lock().unwrap_or_else(PoisonError::into_inner);
        if pots.len() >= CAPACITY {
            pots.retain(|_, pot| now < pot.good_until || now < pot.refused_until);
        }
        let pot = pots.entry(allowance).or_default();
        if drawn.granted == 0 {
            let wait = drawn.wait_millis.max(1);
            pot.refused_until = now.saturating_add(Duration::from_millis(wait).min(REFUSED_FOR));
            return Err(wait);
        }
        let kept = if now < pot.good_until { pot.left } else { 0 };
        *pot = Pot { left: kept + drawn.granted - 1, good_until: now + DRAWN_FOR, refused_until: now };
        Ok(())
    }
}

impl Throttle for SharedThrottle {
    fn admit(&self, call: &ThrottledCall<'_>) -> Answer<'_, Result<(), u64>> {
        let allowance = allowance_of(call);
        if let Some(answer) = self.take(&allowance, call.at) {
            return Answer::Now(answer);
        }
        let (quota, now) = (call.calls_per_second, call.at);
        Answer::Later(Box::pin(async move {
            match self.admissions.draw(&allowance, quota, (quota / DRAW_PART).max(1)).await {
                Ok(drawn) => self.note(allowance, now, drawn),
                Err(error) => {
                    // The call itself needs the store and will say so better.
                    tracing::debug!(%error, "a quota could not be looked up");
                    Ok(())
                }
            }
        }))
    }

    fn give_back(&self, call: &ThrottledCall<'_>) {
        let mut pots = self.pots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pot) = pots.get_mut(&allowance_of(call)) {
            pot.left += 1;
        }
    }
}

fn allowance_of(call: &ThrottledCall<'_>) -> String {
    format!("{}/{}", call.account, call.operation)
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use muster_core::store::StoreResult;

    use super::*;

    /// Grants so many calls in all, and counts how often it is asked.
    struct Well(Mutex<(u32, u32)>);

    #[async_trait]
    impl Admissions for Well {
        async fn admit_nonce(&self, _: u128, _: Millis) -> StoreResult<bool> {
            Ok(true)
        }

        async fn draw(&self, _: &str, _: u32, wanted: u32) -> StoreResult<Drawn> {
            let mut well = self.0.lock().unwrap();
            let granted = wanted.min(well.0);
            well.0 -= granted;
            well.1 += 1;
            Ok(Drawn { granted, wait_millis: if granted > 0 { 0 } else { 30 } })
        }
    }

    fn call(milliseconds: u64) -> ThrottledCall<'static> {
        let at = Duration::from_millis(milliseconds);
        ThrottledCall { account: "a", operation: "List", calls_per_second: 40, at }
    }

    async fn ask(throttle: &SharedThrottle, milliseconds: u64) -> Result<(), u64> {
        throttle.admit(&call(milliseconds)).get().await
    }

    #[tokio::test]
    async fn calls_are_admitted_out_of_draws_and_never_more_than_were_drawn() {
        let well = Arc::new(Well(Mutex::new((7, 0))));
        let throttle = SharedThrottle::new(well.clone());
        for _ in 0..7 {
            assert_eq!(ask(&throttle, 1_000).await, Ok(()));
        }
        assert_eq!(well.0.lock().unwrap().1, 4, "two calls are drawn at a time");
        assert_eq!(ask(&throttle, 1_000).await, Err(30));
        assert_eq!(ask(&throttle, 1_010).await, Err(20), "known without asking");
        assert_eq!(well.0.lock().unwrap().1, 5);
    }

    #[tokio::test]
    async fn a_draw_counts_for_a_short_time_only() {
        let throttle = SharedThrottle::new(Arc::new(Well(Mutex::new((2, 0)))));
        assert_eq!(ask(&throttle, 1_000).await, Ok(()));
        assert_eq!(ask(&throttle, 1_200).await, Err(30));
    }

    #[tokio::test]
    async fn a_call_that_is_given_back_may_be_made_again() {
        let throttle = SharedThrottle::new(Arc::new(Well(Mutex::new((2, 0)))));
        for _ in 0..5 {
            assert_eq!(ask(&throttle, 1_000).await, Ok(()));
            throttle.give_back(&call(1_000));
        }
        assert_eq!(ask(&throttle, 1_000).await, Ok(()));
        assert_eq!(ask(&throttle, 1_000).await, Ok(()));
        assert_eq!(ask(&throttle, 1_000).await, Err(30));
    }
}
