//! Mutes.

use async_trait::async_trait;
use muster_core::{
    group::{Page, Window},
    id::{GroupRef, UserId},
    message::Positions,
    mute::{Mute, MuteKind},
    store::{Also, Mutes, StoreResult},
    time::Millis,
    transfer::Kind,
};

use super::{
    Carried, Change, Database, Reading, Row, Tables, Transaction, Value,
    table::{GROUP, Stored, Table, find, insert, record_of, select, total},
    value::values,
};
use crate::codes::{Code, Unreadable};

pub(super) const MUTES: Carried = Carried::of::<Mute>();

impl Code for MuteKind {
    type Stored = str;
    const NAME: &'static str = "kind of mute";
    const ALL: &'static [Self] = &[Self::Muted, Self::Spared];

    fn code(self) -> &'static str {
        match self {
            Self::Muted => "muted",
            Self::Spared => "spared",
        }
    }
}

impl Stored for Mute {
    const TABLE: Table = Table {
        name: "mute",
        what: "mute",
        columns: &["app", "grp", "user_id", "kind", "until", "put_at"],
        order: &["app", "grp", "user_id"],
        parents: &[],
        group: Some(GROUP),
        kind: Kind::Mute,
    };

    fn values(&self) -> Vec<Value> {
        let (app, group, user) = (self.at.app.as_str(), self.at.group.as_str(), self.user.as_str());
        values![app, group, user, self.kind.code(), self.until.map(|until| until.0), self.put_at].to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            at: row.group_ref("app", "grp")?,
            user: row.id("user_id", UserId::new)?,
            kind: row.named("kind")?,
            until: row.optional_number("until")?.map(Millis),
            put_at: row.millis("put_at")?,
        })
    }

    record_of!(Mute);

    fn name(&self) -> String {
        format!("of {} in {}/{}", self.user, self.at.app, self.at.group)
    }
}

const DELETE: &str = "DELETE FROM mute WHERE app = $1 AND grp = $2 AND user_id = $3";
const OF_GROUP: &str = "WHERE t.app = $1 AND t.grp = $2";

#[async_trait]
impl<D: Database> Mutes for Tables<D> {
    async fn put_mute(&self, mute: Mute, also: Also) -> StoreResult<Positions> {
        let step = move |tx: &mut dyn Transaction| {
            let of = values![mute.at.app.as_str(), mute.at.group.as_str(), mute.user.as_str()];
            tx.execute(DELETE, of)?;
            insert(tx, &mute).map(Change::made)
        };
        Ok(self.database.write_also(also, step).await?.1)
    }

    async fn mute(&self, at: &GroupRef, user: &UserId) -> StoreResult<Option<Mute>> {
        let (at, user) = (at.clone(), user.clone());
        let step = move |reading: &mut dyn Reading| {
            let of = values![at.app.as_str(), at.group.as_str(), user.as_str()];
            find(reading, &format!("{OF_GROUP} AND t.user_id = $3"), of)
        };
        self.database.read(step).await
    }

    async fn mutes(&self, at: &GroupRef, window: Window) -> StoreResult<Page<Mute>> {
        let at = at.clone();
        let step = move |reading: &mut dyn Reading| {
            let mut of = values![at.app.as_str(), at.group.as_str()].to_vec();
            let total = total(reading, &format!("SELECT count(*) AS total FROM mute t {OF_GROUP}"), &of)?;
            of.extend([Value::count(window.limit as u64), Value::count(window.skip)]);
            let tail = format!("{OF_GROUP} ORDER BY t.user_id LIMIT $3 OFFSET $4");
            Ok(Page { entries: select(reading, &tail, &of)?, total })
        };
        self.database.snapshot(step).await
    }

    async fn remove_mute(&self, at: &GroupRef, user: &UserId, also: Also) -> StoreResult<Option<Positions>> {
        let (at, user) = (at.clone(), user.clone());
        let step = move |tx: &mut dyn Transaction| {
            let of = values![at.app.as_str(), at.group.as_str(), user.as_str()];
            Ok(Change::when(tx.execute(DELETE, of)? > 0))
        };
        let (there, positions) = self.database.write_also(also, step).await?;
        Ok(there.then_some(positions))
    }
}
