//! What nodes share to admit calls: marks of nonces, and allowances of calls. Both are gathered, and neither waits for
//! the disk: a crash of the server may forget what came last.
//!
//! A mark belongs to the quarter of an hour that its request was stamped in, and stands in the table of the quarter's
//! slot. A slot is emptied when the fourth quarter after the one it holds begins to be used. A request is accepted up
//! to 15 minutes before and after its stamp, so the first of quarter `q + 4` comes 15 minutes after the last of quarter
//! `q`: nodes' clocks may differ by as much before a mark is forgotten too early, and even then the late request is
//! refused and not taken for a new one.
//!
//! A slot that holds a quarter which has not come yet, and cannot be used yet, was filled by a database whose clock has
//! been set back since. It is emptied like one that is past: else every request would be refused until the old time
//! comes again.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Mutex,
    time::Duration,
};

use async_trait::async_trait;
use muster_core::{
    store::{Admissions, Drawn, StoreError, StoreResult},
    time::Millis,
};
use tokio::time::Instant;

use super::{PostgresStore, database::Tx, fault::Fault, gather::Batch, values::values};

/// Milliseconds of a slot's time.
const QUARTER: i64 = 15 * 60 * 1_000;
/// Slots, a table each: `nonce_0` and so on.
const SLOTS: i64 = 4;
/// Quarters that a stamp may be ahead of the database's clock: the next one is accepted, and clocks may differ by up to
/// another. A node whose clock is further ahead would empty slots that the others still need.
const QUARTERS_AHEAD: i64 = 2;
/// Quarters that a stamp may be behind it: the last one is accepted, and clocks may differ by up to another.
const QUARTERS_BEHIND: i64 = 2;
/// An allowance holds what is earned in one second.
const SECOND: i64 = 1_000_000_000;
/// How often allowances that nobody draws from are removed.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Remembers marks of nonces.
pub(super) struct Nonces;

/// A nonce to remember.
pub(super) struct Nonce {
    mark: [u8; 16],
    quarter: i64,
}

/// What became of a nonce.
#[derive(Clone, Copy)]
pub(super) enum Remembered {
    New,
    Known,
    /// It is from a time that has not come by the database's clock, or whose marks are gone by it: the clock of the node
    /// that took the request for a current one differs.
    OutOfTime,
}

/// Which quarters the slots hold, and the one that it is now.
struct Slots {
    held: HashMap<i64, i64>,
    now: i64,
}

impl Slots {
    /// Whether the marks of a quarter are gone, because it was long ago.
    fn lost(&self, quarter: i64) -> bool {
        let held = self.held.get(&quarter.rem_euclid(SLOTS));
        quarter < self.now - QUARTERS_BEHIND && held != Some(&quarter)
    }
}

async fn read_slots(tx: &Tx) -> Result<Slots, Fault> {
    let sql = "SELECT slot::bigint AS slot, quarter,
            floor(extract(epoch FROM clock_timestamp()) * 1000 / $1)::bigint AS now FROM nonce_slot";
    let rows = tx.query(sql, values![QUARTER]).await?;
    let mut slots = Slots { held: HashMap::new(), now: 0 };
    for row in &rows {
        slots.held.insert(row.try_get("slot")?, row.try_get("quarter")?);
        slots.now = row.try_get("now")?;
    }
    Ok(slots)
}

/// Whether a slot that holds a quarter is to be emptied for another; `ahead` is the last quarter that may be used now.
fn is_over(held: i64, quarter: i64, ahead: i64) -> bool {
    held < quarter || held > ahead
}

/// Empties a slot for a quarter, unless another node has done it; the quarter that it holds then.
async fn turn(tx: &Tx, slot: i64, quarter: i64, ahead: i64) -> Result<i64, Fault> {
    let sql = "SELECT quarter FROM nonce_slot WHERE slot = $1 FOR UPDATE";
    let row = tx.query_opt(sql, values![slot]).await?;
    let held = row.map(|row| row.try_get("quarter")).transpose()?;
    let Some(held) = held.filter(|held| is_over(*held, quarter, ahead)) else {
        return Ok(held.unwrap_or(i64::MAX));
    };
    if held > ahead {
        tracing::warn!("the database's clock was set back: nonces of the time before are forgotten");
    }
    tx.execute(&format!("TRUNCATE nonce_{slot}"), &[]).await?;
    tx.execute("UPDATE nonce_slot SET quarter = $2 WHERE slot = $1", values![slot, quarter]).await?;
    Ok(quarter)
}

#[async_trait]
impl Batch for Nonces {
    type Job = Nonce;
    type Output = Remembered;

    async fn apply(&self, tx: &Tx, jobs: &[&Nonce]) -> Result<Vec<Remembered>, Fault> {
        // Sent one after the other without waiting for the answers: one round trip.
        let ((), mut slots) = tokio::try_join!(tx.commit_lazily(), read_slots(tx))?;
        let ahead = slots.now + QUARTERS_AHEAD;
        let mut by_slot = BTreeMap::<i64, BTreeSet<i64>>::new();
        for job in jobs.iter().filter(|job| job.quarter <= ahead) {
            by_slot.entry(job.quarter.rem_euclid(SLOTS)).or_default().insert(job.quarter);
        }
        // All slots are turned before any is written to, in their order: nobody waits in a circle.
        for (slot, quarters) in &by_slot {
            let newest = quarters.last().copied().unwrap_or(0);
            if slots.held.get(slot).is_none_or(|held| is_over(*held, newest, ahead)) {
                slots.held.insert(*slot, turn(tx, *slot, newest, ahead).await?);
            }
        }
        let mut new = HashSet::new();
        for slot in by_slot.keys() {
            let held = slots.held.get(slot).copied().unwrap_or(0);
            let marks: BTreeSet<_> =
                jobs.iter().filter(|job| job.quarter == held).map(|job| job.mark).collect();
            let marks: Vec<_> = marks.iter().map(<[u8; 16]>::as_slice).collect();
            let sql = format!(
                "INSERT INTO nonce_{slot} (mark) SELECT * FROM unnest($1) ON CONFLICT DO NOTHING RETURNING mark"
            );
            for row in tx.query(&sql, values![marks]).await? {
                new.insert((held, row.try_get::<_, Vec<u8>>("mark")?));
            }
        }
        // The first job of a mark gets it.
        let answer = |job: &&Nonce| match job {
            job if job.quarter > ahead => Remembered::OutOfTime,
            job if new.remove(&(job.quarter, job.mark.to_vec())) => Remembered::New,
            job if slots.lost(job.quarter) => Remembered::OutOfTime,
            _ => Remembered::Known,
        };
        Ok(jobs.iter().map(answer).collect())
    }
}

/// Takes calls out of allowances.
#[derive(Default)]
pub(super) struct Draws {
    /// When idle allowances were removed last.
    swept: Mutex<Option<Instant>>,
}

/// Calls that are wanted.
pub(super) struct Draw {
    allowance: String,
    per_second: u32,
    wanted: u32,
}

/// What all draws of one allowance want, and what they got.
#[derive(Default)]
struct Demand {
    wanted: i64,
    /// Nanoseconds in which one call is earned.
    step: i64,
    granted: i64,
    wait_millis: u64,
}

impl Demand {
    /// Grants what can be granted `now`, when all calls granted so far will have been earned at `arrival`; when they
    /// will be then. Each call puts that off by a step, and it may be up to a second away. Times are nanoseconds.
    fn take(&mut self, arrival: i64, now: i64) -> i64 {
        // A clock that was set back must not keep callers out for longer than the rule would.
        let ahead = arrival.saturating_sub(now).clamp(0, SECOND);
        self.granted = self.wanted.min((SECOND - ahead) / self.step.max(1));
        let ahead = ahead + self.granted * self.step;
        let wait = u64::try_from(ahead + self.step - SECOND).unwrap_or(0);
        self.wait_millis = wait.div_ceil(1_000_000).max(1);
        now.saturating_add(ahead)
    }
}

impl Draws {
    /// Removes allowances that are full again, now and then: one that is missing is full.
    async fn sweep(&self, tx: &Tx) -> Result<(), Fault> {
        let now = Instant::now();
        {
            let mut swept = self.swept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if swept.is_some_and(|last| now.duration_since(last) < SWEEP_INTERVAL) {
                return Ok(());
            }
            *swept = Some(now);
        }
        let sql = "DELETE FROM allowance WHERE key IN (SELECT key FROM allowance
            WHERE arrival < (extract(epoch FROM now()) * 1000000000)::bigint ORDER BY key FOR UPDATE SKIP LOCKED)";
        tx.execute(sql, &[]).await.map(drop)
    }
}

#[async_trait]
impl Batch for Draws {
    type Job = Draw;
    type Output = Drawn;

    async fn apply(&self, tx: &Tx, jobs: &[&Draw]) -> Result<Vec<Drawn>, Fault> {
        tokio::try_join!(tx.commit_lazily(), self.sweep(tx))?;
        let mut demands = BTreeMap::<&str, Demand>::new();
        for job in jobs {
            let demand = demands.entry(&job.allowance).or_default();
            demand.wanted += i64::from(job.wanted);
            demand.step = SECOND / i64::from(job.per_second.max(1));
        }
        draw(tx, &mut demands).await?;
        let answer = |job: &&Draw| {
            let Some(demand) = demands.get_mut(job.allowance.as_str()) else {
                return Drawn { granted: 0, wait_millis: 0 };
            };
            let granted = u32::try_from(demand.granted).unwrap_or(u32::MAX).min(job.wanted);
            demand.granted -= i64::from(granted);
            Drawn { granted, wait_millis: if granted == 0 { demand.wait_millis } else { 0 } }
        };
        Ok(jobs.iter().map(answer).collect())
    }
}

/// Draws from all allowances at once. Their rows are locked in the order of the keys, and those that are missing made.
async fn draw(tx: &Tx, demands: &mut BTreeMap<&str, Demand>) -> Result<(), Fault> {
    let keys: Vec<_> = demands.keys().copied().collect();
    let sql = "INSERT INTO allowance AS a (key, arrival)
        SELECT k, 0 FROM unnest($1) k ORDER BY k COLLATE \"C\"
        ON CONFLICT (key) DO UPDATE SET arrival = a.arrival
        RETURNING key, arrival, (extract(epoch FROM clock_timestamp()) * 1000000000)::bigint AS now";
    let rows = tx.query(sql, values![keys]).await?;
    let (mut drawn, mut arrivals) = (Vec::new(), Vec::new());
    for row in &rows {
        let key: &str = row.try_get("key")?;
        if let Some(demand) = demands.get_mut(key) {
            drawn.push(key);
            arrivals.push(demand.take(row.try_get("arrival")?, row.try_get("now")?));
        }
    }
    let sql =
        "UPDATE allowance a SET arrival = w.arrival FROM unnest($1, $2) w (key, arrival) WHERE a.key = w.key";
    tx.execute(sql, values![drawn, arrivals]).await.map(drop)
}

#[async_trait]
impl Admissions for PostgresStore {
    async fn admit_nonce(&self, mark: u128, stamped: Millis) -> StoreResult<bool> {
        self.database.open_still()?;
        let nonce = Nonce { mark: mark.to_be_bytes(), quarter: stamped.0.div_euclid(QUARTER) };
        match self.nonces.run(&(), nonce).await? {
            Remembered::New => Ok(true),
            Remembered::Known => Ok(false),
            Remembered::OutOfTime => Err(StoreError::Unavailable(
                "a request's time is far from the database's clock: check the clocks of this machine and of \
                 the database's"
                    .into(),
            )),
        }
    }

    async fn draw(&self, allowance: &str, per_second: u32, wanted: u32) -> StoreResult<Drawn> {
        self.database.open_still()?;
        let draw = Draw { allowance: allowance.to_owned(), per_second, wanted };
        self.draws.run(&(), draw).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(wanted: i64, per_second: i64) -> Demand {
        Demand { wanted, step: SECOND / per_second, ..Demand::default() }
    }

    #[test]
    fn a_full_allowance_grants_one_seconds_calls_and_no_more() {
        let mut demand = demand(25, 10);
        assert_eq!(demand.take(0, 5 * SECOND), 6 * SECOND);
        assert_eq!((demand.granted, demand.wait_millis), (10, 100));
    }

    #[test]
    fn an_empty_allowance_earns_a_call_with_each_step() {
        let mut none = demand(1, 10);
        let arrival = none.take(2 * SECOND, SECOND + 40_000_000);
        assert_eq!((none.granted, none.wait_millis, arrival), (0, 60, 2 * SECOND));
        let mut some = demand(5, 10);
        assert_eq!(some.take(2 * SECOND, SECOND + 250_000_000), 2 * SECOND + 200_000_000);
        assert_eq!(some.granted, 2);
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nobody_out_for_longer_than_a_second() {
        let mut demand = demand(1, 10);
        assert_eq!(demand.take(3_600 * SECOND, SECOND), 2 * SECOND);
        assert_eq!((demand.granted, demand.wait_millis), (0, 100));
    }
}
