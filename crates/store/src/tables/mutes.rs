//! Mutes.

use async_trait::async_trait;
use muster_core::{
    id::{GroupRef, UserId},
    mute::{GroupMute, GroupMutes, Mute, MuteKind, MuteRevision, MuteSteps, UserMute},
    store::{Also, Mutes, MutesChanged, StoreResult},
    time::Millis,
    transfer::Kind,
};

use super::{
    Carried, Change, Database, Reading, Row, Tables, Transaction, Tried, Value,
    table::{GROUP, Stored, Table, find, insert, record_of, select},
    value::values,
};
use crate::codes::{Code, Unreadable};

pub(super) const GROUP_MUTES: Carried = Carried::of::<GroupMute>();
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

impl Stored for GroupMute {
    const TABLE: Table = Table {
        name: "group_mute",
        what: "mute of the whole group",
        columns: &["app", "grp", "everybody", "revision", "changed_at"],
        order: &["app", "grp"],
        parents: &[],
        group: Some(GROUP),
        kind: Kind::GroupMute,
    };

    fn values(&self) -> Vec<Value> {
        let (app, group) = (self.at.app.as_str(), self.at.group.as_str());
        values![app, group, self.everybody, Value::count(self.revision), self.changed_at].to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            at: row.group_ref("app", "grp")?,
            everybody: row.flag("everybody")?,
            revision: row.count("revision")?,
            changed_at: row.millis("changed_at")?,
        })
    }

    record_of!(GroupMute);

    fn name(&self) -> String {
        format!("{}/{}", self.at.app, self.at.group)
    }
}

const OF_GROUP: &str = "WHERE t.app = $1 AND t.grp = $2";
const DELETE: &str = "DELETE FROM mute WHERE app = $1 AND grp = $2 AND user_id = $3";
const NEXT: &str = "UPDATE group_mute SET everybody = $3, revision = revision + 1, changed_at = $4
    WHERE app = $1 AND grp = $2 AND revision = $5";

/// Takes the next revision after the one that was seen; `false` when somebody else has.
fn next_revision(
    tx: &mut dyn Transaction,
    at: &GroupRef,
    (seen, everybody): (MuteRevision, bool),
    now: Millis,
) -> Tried<bool> {
    if seen == 0 {
        return insert(tx, &GroupMute { at: at.clone(), everybody, revision: 1, changed_at: now });
    }
    let values = values![at.app.as_str(), at.group.as_str(), everybody, now, Value::count(seen)];
    Ok(tx.execute(NEXT, values)? > 0)
}

fn change(
    tx: &mut dyn Transaction,
    at: &GroupRef,
    seen: MuteRevision,
    steps: &MuteSteps,
    now: Millis,
) -> Tried<Change<Outcome>> {
    if tx.group_number(at)?.is_none() {
        return Ok(Change::nothing(Outcome::NoGroup));
    }
    if !next_revision(tx, at, (seen, steps.everybody), now)? {
        return Ok(Change::nothing(Outcome::Overtaken));
    }
    for user in steps.removed.iter().chain(steps.put.iter().map(|(user, _)| user)) {
        tx.execute(DELETE, values![at.app.as_str(), at.group.as_str(), user.as_str()])?;
    }
    for (user, UserMute { kind, until }) in &steps.put {
        let mute = Mute { at: at.clone(), user: user.clone(), kind: *kind, until: *until, put_at: now };
        insert(tx, &mute)?;
    }
    Ok(Change::made(Outcome::Done))
}

/// What a change has come to, before it is known where what follows stands.
enum Outcome {
    Done,
    Overtaken,
    NoGroup,
}

#[async_trait]
impl<D: Database> Mutes for Tables<D> {
    async fn group_mutes(&self, at: &GroupRef) -> StoreResult<(MuteRevision, GroupMutes)> {
        let at = at.clone();
        let step = move |reading: &mut dyn Reading| {
            let of = values![at.app.as_str(), at.group.as_str()];
            let Some(whole) = find::<GroupMute>(reading, OF_GROUP, of)? else {
                return Ok(Default::default());
            };
            let mutes: Vec<Mute> = select(reading, OF_GROUP, of)?;
            let held = |mute: Mute| (mute.user, UserMute { kind: mute.kind, until: mute.until });
            let users = mutes.into_iter().map(held).collect();
            Ok((whole.revision, GroupMutes { everybody: whole.everybody, users }))
        };
        self.database.snapshot(step).await
    }

    async fn change_mutes(
        &self,
        at: &GroupRef,
        seen: MuteRevision,
        steps: MuteSteps,
        now: Millis,
        also: Also,
    ) -> StoreResult<MutesChanged> {
        let at = at.clone();
        let step = move |tx: &mut dyn Transaction| change(tx, &at, seen, &steps, now);
        let (outcome, positions) = self.database.write_also(also, step).await?;
        Ok(match outcome {
            Outcome::Done => MutesChanged::Done(positions),
            Outcome::Overtaken => MutesChanged::Overtaken,
            Outcome::NoGroup => MutesChanged::NoGroup,
        })
    }
}
