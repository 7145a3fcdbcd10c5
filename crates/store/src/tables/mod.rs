//! Records: what is written and read as rows of small tables, and written once for every database.
//!
//! The nouns of which there are few and which are rarely asked for (accounts, applications, channels, customer groups and the like) have
//! the same tables, keyed by texts, on SQLite and PostgreSQL, and their statements stand here once. Each table has one
//! description ([`Table`]), from which follow how a row is added, how rows are counted, exported and imported, and what
//! goes with a purged group. Rosters and streams, which are hot, are written by hand for each database beside this.
//!
//! A step ([`Reading`], [`Transaction`]) is plain blocking code: SQLite runs it on its reader's or writer's thread,
//! PostgreSQL on a thread that may block.

mod accounts;
mod apps;
mod calls;
mod channels;
mod chat_messages;
mod chats;
mod files;
mod mutes;
mod roles;
mod seals;
mod table;
mod transaction;
mod value;
mod visitors;
mod words;

use std::sync::Arc;

use muster_core::{
    app::App,
    caller::CarriedOut,
    group::{Group, Order},
    id::AppId,
    message::Positions,
    random::Random,
    store::{Also, Records, StoreResult},
    transfer::Kind,
};

pub(crate) use self::{
    calls::{INSERT_CALL, values_of},
    chat_messages::PURGE_OLD_MESSAGES,
    table::Carried,
    transaction::{Change, Reading, Transaction, Tried, Turn, misuse},
    value::{Cell, Row, Value},
};
use crate::cache::Cache;

/// Letters and digits of the epoch of a stream.
const EPOCH_LENGTH: usize = 8;

/// All tables, in the order in which an export gives their rows.
pub(crate) const TABLES: &[Carried] = &[
    accounts::ACCOUNTS,
    accounts::USERS,
    accounts::KEYS,
    accounts::POLICIES,
    accounts::ATTACHMENTS,
    roles::ROLES,
    roles::ROLE_ATTACHMENTS,
    apps::APPS,
    channels::CHANNELS,
    channels::NUMBERS,
    chats::CHAT_GROUPS,
    chats::INVITES,
    chats::REMOVALS,
    chat_messages::CHAT_MESSAGES,
    files::FILES,
    mutes::GROUP_MUTES,
    mutes::MUTES,
    words::WORDS,
    visitors::VISITORS,
];

/// Where the tables stand.
pub(crate) trait Database: Send + Sync {
    /// Fails once the store is closed: what is answered from memory must ask.
    fn open_still(&self) -> StoreResult<()>;

    /// Runs a step of one statement.
    fn read<T, S>(&self, step: S) -> impl Future<Output = StoreResult<T>> + Send
    where
        T: Send + 'static,
        S: Fn(&mut dyn Reading) -> Tried<T> + Send + Sync + 'static;

    /// Runs a step of several statements, which all see the same state.
    fn snapshot<T, S>(&self, step: S) -> impl Future<Output = StoreResult<T>> + Send
    where
        T: Send + 'static,
        S: Fn(&mut dyn Reading) -> Tried<T> + Send + Sync + 'static;

    /// Runs a step in a transaction, stores what follows from it if it has made a change, and makes both last; its answer
    /// and where what was stored with it stands. It may run several times, each time as if it had not before.
    fn write_also<T, S>(
        &self,
        also: Also,
        step: S,
    ) -> impl Future<Output = StoreResult<(T, Positions)>> + Send
    where
        T: Send + 'static,
        S: Fn(&mut dyn Transaction) -> Tried<Change<T>> + Send + Sync + 'static;

    /// The same for a step that says only whether it has made a change: where what follows from it stands, if it has.
    fn write_if<S>(&self, also: Also, step: S) -> impl Future<Output = StoreResult<Option<Positions>>> + Send
    where
        S: Fn(&mut dyn Transaction) -> Tried<bool> + Send + Sync + 'static,
    {
        let written = self.write_also(also, move |tx: &mut dyn Transaction| step(tx).map(Change::when));
        async {
            let (made, positions) = written.await?;
            Ok(made.then_some(positions))
        }
    }

    /// The same for a step from which nothing follows.
    fn write<T, S>(&self, step: S) -> impl Future<Output = StoreResult<T>> + Send
    where
        T: Send + 'static,
        S: Fn(&mut dyn Transaction) -> Tried<T> + Send + Sync + 'static,
    {
        let step = move |tx: &mut dyn Transaction| Ok(Change::nothing(step(tx)?));
        let written = self.write_also(Also::nothing(CarriedOut::by_itself()), step);
        async { Ok(written.await?.0) }
    }
}

/// The records of a store.
pub(crate) struct Tables<D> {
    database: D,
    random: Arc<dyn Random>,
    apps: Cache<AppId, App>,
}

impl<D: Database> Tables<D> {
    pub(crate) fn new(database: D, random: Arc<dyn Random>) -> Self {
        Self { database, random, apps: Cache::new() }
    }

    /// The name of a new stream's, or a new space's streams', count.
    fn epoch(&self) -> String {
        self.random.alphanumeric(EPOCH_LENGTH)
    }
}

impl<D: Database> Records for Tables<D> {}

/// The statements that remove what belongs to the group `$2` of the application `$1`.
pub(crate) fn purges_of_a_group() -> impl Iterator<Item = String> {
    TABLES.iter().rev().filter_map(|carried| carried.table.purge_sql())
}

/// The table whose rows an export gives as records of a kind; none of what is hot.
pub(crate) fn of_kind(kind: Kind) -> Option<&'static Carried> {
    TABLES.iter().find(|carried| carried.table.kind == kind)
}

/// Whether the parts of a group that can be changed stand as a caller took them to stand.
pub(crate) fn stands_as(there: &Group, before: &Group) -> bool {
    (&there.admins, &there.info, &there.extension) == (&before.admins, &before.info, &before.extension)
}

/// A group with the parts of another record that can be changed.
pub(crate) fn rewritten(there: &Group, after: Group) -> Group {
    let Group { admins, info, extension, .. } = after;
    Group { admins, info, extension, ..there.clone() }
}

/// SQL's word for an order.
pub(crate) fn direction(order: Order) -> &'static str {
    match order {
        Order::Ascending => "ASC",
        Order::Descending => "DESC",
    }
}
