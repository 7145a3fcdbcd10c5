//! Callbacks that applications are owed. They stand beside the tables that exports carry: what is owed is told by the
//! server that owes it.

use std::collections::HashSet;

use async_trait::async_trait;
use muster_core::{
    callback::{CallbackEvent, Outcome, OwedCall, StoredCall, UnderWay},
    group::{Page, Window},
    id::AppId,
    store::{Outbox, StoreError, StoreResult},
    time::Millis,
};

use super::{Database, Reading, Row, Tables, Transaction, Tried, Value, table::total, value::values};
use crate::codes::Unreadable;

/// Adds a callback.
pub(crate) const INSERT_CALL: &str =
    "INSERT INTO owed_call (id, app, lane, event, made_at, attempts, next_at, dead, fault)
     VALUES ($1, $2, $3, $4, $5, 0, $5, 0, $6)";

const SELECT: &str =
    "SELECT number, id, app, lane, event, made_at, attempts, next_at, dead, fault FROM owed_call o";

/// Applications that are owed something by now.
const DUE_APPS: &str = "SELECT DISTINCT app FROM owed_call WHERE dead = 0 AND next_at <= $1";

/// Those of an application that are due and the first of their lanes: what is behind one waits until it is settled.
const DUE: &str = "WHERE o.app = $1 AND o.dead = 0 AND o.next_at <= $2 AND NOT EXISTS (
        SELECT 1 FROM owed_call e
        WHERE e.app = o.app AND e.lane = o.lane AND e.dead = 0 AND e.number < o.number)
    ORDER BY o.next_at, o.number LIMIT $3";

/// The condition that nobody else has taken a callback since it was read.
const STILL: &str = "number = $1 AND id = $2 AND attempts = $3 AND dead = 0";

/// The values of [`INSERT_CALL`].
pub(crate) fn values_of(call: &OwedCall) -> StoreResult<[Value; 6]> {
    let event = call.event.to_form().map_err(|error| StoreError::Failed(Box::new(error)))?;
    Ok([
        Value::from(&call.id),
        Value::from(call.app.as_str()),
        Value::from(call.event.lane()),
        Value::from(event),
        Value::from(call.made_at),
        Value::free(""),
    ])
}

fn read(row: &Row) -> Result<StoredCall, Unreadable> {
    Ok(StoredCall {
        number: row.number("number")?,
        id: row.text("id")?.to_owned(),
        app: row.id("app", AppId::new)?,
        lane: row.text("lane")?.to_owned(),
        event: CallbackEvent::of_form(row.text("event")?),
        made_at: row.millis("made_at")?,
        attempts: u32::try_from(row.count("attempts")?).unwrap_or(u32::MAX),
        next_at: row.millis("next_at")?,
        dead: row.number("dead")? != 0,
        fault: row.text("fault")?.to_owned(),
    })
}

fn select(reading: &mut dyn Reading, tail: &str, values: &[Value]) -> Tried<Vec<StoredCall>> {
    reading.query(&format!("{SELECT} {tail}"), values)?.iter().map(|row| Ok(read(row)?)).collect()
}

/// Takes what is due of one application, if nobody else does meanwhile.
fn claim(
    tx: &mut dyn Transaction,
    app: &Value,
    now: Millis,
    until: Millis,
    room: u64,
    under_way: &HashSet<i64>,
) -> Tried<Vec<StoredCall>> {
    // Those under way here may stand first among what is due.
    let most = room + under_way.len() as u64;
    let mut due = select(tx, DUE, &[app.clone(), now.into(), Value::count(most)])?;
    due.retain(|call| !under_way.contains(&call.number));
    let sql =
        format!("UPDATE owed_call SET attempts = attempts + 1, next_at = $4 WHERE {STILL} AND next_at <= $5");
    let mut taken = Vec::with_capacity(due.len());
    for mut call in due.into_iter().take(usize::try_from(room).unwrap_or(usize::MAX)) {
        let still = values![call.number, &call.id, i64::from(call.attempts), until, now];
        if tx.execute(&sql, still)? > 0 {
            call.attempts = call.attempts.saturating_add(1);
            call.next_at = until;
            taken.push(call);
        }
    }
    Ok(taken)
}

#[async_trait]
impl<D: Database> Outbox for Tables<D> {
    async fn claim_calls(
        &self,
        now: Millis,
        until: Millis,
        room: usize,
        under_way: UnderWay,
    ) -> StoreResult<Vec<StoredCall>> {
        let apps = move |reading: &mut dyn Reading| {
            let rows = reading.query(DUE_APPS, values![now])?;
            rows.iter().map(|row| Ok(row.id("app", AppId::new)?)).collect::<Tried<Vec<AppId>>>()
        };
        let mut apps: Vec<_> = self.database.read(apps).await?;
        apps.retain(|app| under_way.get(app).is_none_or(|here| here.len() < room));
        if apps.is_empty() {
            return Ok(Vec::new());
        }
        let none = HashSet::new();
        let step = move |tx: &mut dyn Transaction| {
            let mut taken = Vec::new();
            for app in &apps {
                let here = under_way.get(app).unwrap_or(&none);
                let room = room.saturating_sub(here.len()) as u64;
                taken.extend(claim(tx, &Value::from(app.as_str()), now, until, room, here)?);
            }
            Ok(taken)
        };
        self.database.write(step).await
    }

    async fn settle_call(&self, call: &StoredCall, outcome: Outcome) -> StoreResult<bool> {
        let of = values![call.number, &call.id, i64::from(call.attempts)].to_vec();
        let step = move |tx: &mut dyn Transaction| {
            let mut values = of.clone();
            let sql = match &outcome {
                Outcome::Told => format!("DELETE FROM owed_call WHERE {STILL}"),
                Outcome::Again { at, fault } => {
                    values.extend([Value::from(*at), Value::free(fault.as_str())]);
                    format!("UPDATE owed_call SET next_at = $4, fault = $5 WHERE {STILL}")
                }
                Outcome::Dead { fault } => {
                    values.push(Value::free(fault.as_str()));
                    format!("UPDATE owed_call SET dead = 1, fault = $4 WHERE {STILL}")
                }
            };
            Ok(tx.execute(&sql, &values)? > 0)
        };
        self.database.write(step).await
    }

    async fn next_call(&self) -> StoreResult<Option<Millis>> {
        let sql = "SELECT min(next_at) AS next_at FROM owed_call WHERE dead = 0";
        let step = move |reading: &mut dyn Reading| {
            let rows = reading.query(sql, &[])?;
            Ok(rows.first().map(|row| row.optional_number("next_at")).transpose()?.flatten().map(Millis))
        };
        self.database.read(step).await
    }

    async fn calls(&self, dead: bool, window: Window) -> StoreResult<Page<StoredCall>> {
        let step = move |reading: &mut dyn Reading| {
            let of = i64::from(dead);
            let total =
                total(reading, "SELECT count(*) AS total FROM owed_call WHERE dead = $1", values![of])?;
            let values = [of.into(), Value::count(window.limit as u64), Value::count(window.skip)];
            let tail = "WHERE o.dead = $1 ORDER BY o.number LIMIT $2 OFFSET $3";
            Ok(Page { entries: select(reading, tail, &values)?, total })
        };
        self.database.snapshot(step).await
    }

    async fn call(&self, number: i64) -> StoreResult<Option<StoredCall>> {
        let step = move |reading: &mut dyn Reading| select(reading, "WHERE o.number = $1", values![number]);
        Ok(self.database.read(step).await?.pop())
    }

    async fn revive_call(&self, number: i64, now: Millis) -> StoreResult<bool> {
        let sql = "UPDATE owed_call SET dead = 0, next_at = $2, made_at = $2 WHERE number = $1 AND dead = 1";
        self.database.write(move |tx| Ok(tx.execute(sql, values![number, now])? > 0)).await
    }

    async fn drop_call(&self, number: i64) -> StoreResult<bool> {
        let sql = "DELETE FROM owed_call WHERE number = $1";
        self.database.write(move |tx| Ok(tx.execute(sql, values![number])? > 0)).await
    }

    async fn trim_calls(&self, app: &AppId, dead: bool, keep: u64) -> StoreResult<u64> {
        // The newest that goes, if one does.
        let find = "SELECT number FROM owed_call WHERE app = $1 AND dead = $2 ORDER BY number DESC LIMIT 1 OFFSET $3";
        let (app, of) = (app.clone(), i64::from(dead));
        let looked = app.clone();
        let look = move |reading: &mut dyn Reading| {
            let rows = reading.query(find, &[looked.as_str().into(), of.into(), Value::count(keep)])?;
            Ok(rows.first().map(|row| row.number("number")).transpose()?)
        };
        let Some(last) = self.database.read(look).await? else { return Ok(0) };
        let sql = "DELETE FROM owed_call WHERE app = $1 AND dead = $2 AND number <= $3";
        self.database.write(move |tx| tx.execute(sql, values![app.as_str(), of, last])).await
    }
}
