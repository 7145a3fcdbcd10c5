//! Removes what has been kept long enough, in steps as the stores do that last.

use std::collections::{HashMap, HashSet};

use muster_core::{
    chat::CHANNEL_RETENTION,
    id::GroupRef,
    message::{Entry, Event},
    store::{StoreError, StoreResult},
    time::Millis,
};

use super::{MemoryStore, state::State};
use crate::{
    codes::Unreadable,
    sqlite::{Snapshot, fault, numbered, wanted_still},
    tables::{self, Reading as _, Tried},
};

/// Rows that one call removes, about.
const AT_ONCE: u64 = 1_000;
const DAY: i64 = 86_400_000;

/// What an event's keeping goes by.
fn age(entry: &Entry) -> Millis {
    match &entry.event {
        Event::Message(message) => message.at,
        Event::ToMember { .. }
        | Event::Exit { .. }
        | Event::InfoChanged { .. }
        | Event::MutesChanged(_)
        | Event::System(_)
        | Event::Recalled(_)
        | Event::Unknown(_) => entry.at,
    }
}

impl State {
    /// The newest thing that would be removed with age.
    pub(super) fn newest(&mut self) -> Option<Millis> {
        let spaces = self.spaces.values_mut();
        let newest = |space: &mut super::state::Space| {
            let deletions = space.groups.values().filter_map(|group| group.record.deletion.as_ref());
            let deleted = deletions.map(|deletion| deletion.at).max();
            let said = space.streams().flat_map(|stream| stream.entries.values().map(age)).max();
            deleted.max(said)
        };
        spaces.filter_map(newest).max()
    }

    /// A group that was deleted at or before a time, or one of an application that was.
    fn next_doomed(&self, deleted: Millis, apps: &HashSet<String>) -> Option<GroupRef> {
        let groups = self.spaces.values().flat_map(|space| space.groups.values());
        let doomed = |group: &&super::state::GroupState| {
            group.record.deletion.as_ref().is_some_and(|deletion| deletion.at <= deleted)
                || apps.contains(group.record.at.app.as_str())
        };
        groups.filter(doomed).map(|group| group.record.at.clone()).next()
    }
}

impl MemoryStore {
    /// When the newest message of a business number was taken.
    pub(super) fn newest_message(&self) -> StoreResult<Option<Millis>> {
        let newest = "SELECT max(at) FROM chat_message";
        let at: Option<i64> =
            self.shared.connection().query_row(newest, [], |row| row.get(0)).map_err(fault)?;
        Ok(at.map(Millis))
    }

    /// One step of a sweep; how many rows went.
    pub(super) fn purge_some(&self, now: Millis, deleted: Millis) -> StoreResult<u64> {
        self.shared.open_still()?;
        wanted_still()?;
        let (connection, mut state) = (self.shared.connection(), self.shared.state());
        let apps = deleted_apps(&mut Snapshot(&connection), deleted).map_err(StoreError::from)?;
        let horizon = now - CHANNEL_RETENTION.millis();
        let old = connection.execute(&numbered(tables::PURGE_OLD_MESSAGES), (horizon.0, AT_ONCE));
        let mut rows = old.map_err(fault)? as u64;
        while rows < AT_ONCE
            && let Some(at) = state.next_doomed(deleted, &apps)
        {
            let entries =
                state.group_mut(&at).map_or(0, |group| group.stream.forget(AT_ONCE - rows, |_| true));
            rows += entries;
            if entries == 0 {
                for sql in tables::purges_of_a_group() {
                    let gone = connection.execute(&numbered(&sql), [at.app.as_str(), at.group.as_str()]);
                    rows += gone.map_err(fault)? as u64;
                }
                state.remove_group(&at);
                rows += 1;
            }
        }
        let kept = keeping(&mut Snapshot(&connection)).map_err(StoreError::from)?;
        for (id, space) in &mut state.spaces {
            if apps.contains(id.as_str()) {
                rows += space.users.len() as u64;
                space.users.clear();
            }
            let horizon = now - kept.get(id.as_str()).copied().unwrap_or(CHANNEL_RETENTION.millis());
            for stream in space.streams() {
                rows += stream.forget(AT_ONCE, |entry| age(entry) - horizon < 0);
            }
        }
        Ok(rows)
    }
}

/// Applications that were deleted at or before a time.
fn deleted_apps(reading: &mut Snapshot<'_>, deleted: Millis) -> Tried<HashSet<String>> {
    let rows = reading.query("SELECT app FROM app WHERE deleted_at <= $1", &[deleted.into()])?;
    let id = |row: &tables::Row| Ok::<_, Unreadable>(row.text("app")?.to_owned());
    Ok(rows.iter().map(id).collect::<Result<_, _>>()?)
}

/// For how many milliseconds each application keeps what is said.
fn keeping(reading: &mut Snapshot<'_>) -> Tried<HashMap<String, i64>> {
    let rows = reading.query("SELECT app, retention_days FROM app", &[])?;
    let one = |row: &tables::Row| {
        Ok::<_, Unreadable>((row.text("app")?.to_owned(), row.number("retention_days")? * DAY))
    };
    Ok(rows.iter().map(one).collect::<Result<_, _>>()?)
}
