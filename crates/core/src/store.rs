//! What the domain needs of a store, by noun.
//!
//! Every method that changes something answers only when the change is durable, and a change is made whole or not
//! at all, together with what follows from it ([`Also`]). Not found is `None` or a variant of the answer; an error means
//! that the store could not do its work.

mod records;

pub use self::records::*;

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    callback::{Found, OwedCall},
    caller::CarriedOut,
    figure::Figure,
    group::{Deletion, Group, GroupFilter, GroupTally, Order, Page, Slice, Window},
    id::{AppId, GroupId, GroupRef, MessageId, NodeId, SessionRef, UserId},
    login::LoginChange,
    message::{Draft, Entry, Event, HistoryQuery, Message, Positions, Posted, Sequence, StreamRef, Top},
    roster::{Admission, Departure, Join, JoinNumber, Leave, Member, PageQuery, RosterState, WalkQuery},
    time::Millis,
    transfer::{Counts, TransferError},
};

/// The store could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// For now: busy, stopping, or out of reach. Nothing was done; the same call may succeed later.
    #[error("the store cannot be reached: {0}")]
    Unavailable(String),
    /// The answer to a change was lost. Whether it was made is to be found out by asking.
    #[error("it is not known whether the store has made a change: {0}")]
    Unknown(String),
    /// A fault of the store or of its data.
    #[error("the store failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What store calls answer.
pub type StoreResult<T> = Result<T, StoreError>;

/// What follows from a change and is stored with it, in its transaction: with it, or not at all. Where nothing was
/// changed, nothing of it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Also {
    /// Events, each appended to its stream.
    pub events: Vec<StreamEvent>,
    /// Callbacks that are owed from then on.
    pub calls: Vec<OwedCall>,
    /// What further callbacks are made of that are owed for what the store finds: by a login that begins, the end of a
    /// group and that of a node.
    pub found: Option<Found>,
    /// That the change comes to its end whoever goes away, so that what follows from it is told.
    pub carried: CarriedOut,
}

impl Also {
    /// Nothing follows. Costs nothing.
    #[must_use]
    pub const fn nothing(carried: CarriedOut) -> Self {
        Self { events: Vec::new(), calls: Vec::new(), found: None, carried }
    }

    /// Whether nothing follows.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.events.is_empty() && self.calls.is_empty() && self.found.is_none()
    }

    /// The same with what is owed for something that the store has found, if anything is.
    #[must_use]
    pub fn having(mut self, owed: impl FnOnce(&mut Found) -> Vec<OwedCall>) -> Self {
        self.calls.extend(self.found.take().map(|mut found| owed(&mut found)).unwrap_or_default());
        self
    }
}

/// An event for a stream: a user's, or a group's that is there or that the change makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamEvent {
    /// Whose stream.
    pub stream: StreamRef,
    /// What happens.
    pub event: Arc<Event>,
    /// When.
    pub at: Millis,
}

/// What became of a [`Groups::create_group`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupCreated {
    /// It was made, and what follows stands at these positions.
    Created(Group, Positions),
    /// A group of that id is there, perhaps a deleted one.
    Exists(Group),
    /// The application has as many existing groups as it may have.
    TooMany,
}

/// What became of a [`Groups::delete_group`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupDeleted {
    /// It is deleted now, its roster is empty, and what follows stands at these positions.
    Deleted(Positions),
    /// There is no such group, or it was deleted before.
    Missing,
}

/// What became of a [`Groups::rewrite_group`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupRewritten {
    /// It is as it was to be, and what follows stands at these positions.
    Done(Positions),
    /// It was not as the caller took it to be, but as this: nothing is changed.
    Differs(Group),
    /// There is no such group, or it is deleted.
    Missing,
}

/// What became of a [`Groups::recover_group`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupRecovered {
    /// It exists again: without members, and otherwise as it was. What follows stands at these positions.
    Recovered(Positions),
    /// It was not deleted.
    Exists,
    /// The application has as many existing groups as it may have.
    TooMany,
    /// There is no such group, or its time is over.
    Missing,
}

/// Groups.
#[async_trait]
pub trait Groups: Send + Sync {
    /// Adds a group, if its application has fewer than `limit` existing ones. `number` is given by the store.
    async fn create_group(&self, group: Group, limit: Option<u64>, also: Also) -> StoreResult<GroupCreated>;
    /// The group at this address, also when it is deleted.
    async fn group(&self, at: &GroupRef) -> StoreResult<Option<Arc<Group>>>;
    /// Deletes a group: marks it, empties its roster and closes its stream, all or nothing. What is stored with it is the
    /// last that its stream takes.
    async fn delete_group(&self, at: &GroupRef, deletion: Deletion, also: Also) -> StoreResult<GroupDeleted>;
    /// Puts `after` in the place of `before`, two records of one group, as long as its administrators, its text and its
    /// fields are those of `before`: they alone are written. So whoever changes a part of a group can tell the whole.
    async fn rewrite_group(&self, before: &Group, after: Group, also: Also) -> StoreResult<GroupRewritten>;
    /// Makes a group exist again that was deleted after `deleted_after`, if its application has fewer than `limit` existing
    /// ones. Its stream, its counts and its join numbers go on; the roster is empty, and rows that the deletion has left
    /// go in the same transaction. What is stored with it is for other streams than the group's.
    async fn recover_group(
        &self,
        at: &GroupRef,
        deleted_after: Millis,
        limit: Option<u64>,
        also: Also,
    ) -> StoreResult<GroupRecovered>;
    /// Groups of an application by creation, by number.
    async fn groups(
        &self,
        app: &AppId,
        filter: GroupFilter,
        order: Order,
        window: Window,
    ) -> StoreResult<Page<Group>>;
    /// Groups of an application by creation, after the group of this number.
    async fn walk_groups(
        &self,
        app: &AppId,
        filter: GroupFilter,
        order: Order,
        after: Option<i64>,
        limit: usize,
    ) -> StoreResult<Slice<Group>>;
    /// The groups of an application that `user` is a member of, by creation.
    async fn groups_of(
        &self,
        app: &AppId,
        user: &UserId,
        order: Order,
        window: Window,
    ) -> StoreResult<Page<Group>>;
    /// A group's figures.
    async fn tally(&self, at: &GroupRef) -> StoreResult<GroupTally>;
    /// Removes groups deleted at or before `deleted`, and those of applications deleted by then with their users' streams, with
    /// all that belongs to them, and entries of streams older than
    /// their application or channel keeps them as of `now`. Answers how many rows went, so that a sweep can go on while there are.
    async fn purge(&self, now: Millis, deleted: Millis) -> StoreResult<u64>;
    /// The time by which the store was last purged, as [`note_purge_time`](Self::note_purge_time) noted it. The first
    /// time it is asked it is noted as that of the newest thing in the store, or as `now` when that is earlier or the
    /// store is empty.
    async fn purge_time(&self, now: Millis) -> StoreResult<Millis>;
    /// Notes that time has come as far as `time`, unless it was noted to have come farther; what is noted now.
    async fn note_purge_time(&self, time: Millis) -> StoreResult<Millis>;
}

/// What became of a [`Rosters::put_user_info`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserInfoPut {
    /// The groups where it holds now, by id.
    pub groups: Vec<GroupId>,
    /// Where what follows stands.
    pub positions: Positions,
}

/// Rosters. Those of customer groups are addressed by channel and group.
#[async_trait]
pub trait Rosters: Send + Sync {
    /// Makes a user a member, or answers with the membership that is there.
    ///
    /// A durable join of a connected member makes the membership durable; a session's join of a member who is there
    /// ties the connection to it. The number, the time of joining and the place in the order stay. When the count
    /// passes `super_above`, the group becomes a super group until it is empty. What follows is stored when the user was
    /// not a member before.
    async fn join(&self, at: &GroupRef, join: Join, also: Also) -> StoreResult<Admission>;
    /// Ends a membership; `None` when there was none to end.
    ///
    /// [`Leave::Session`] of a member whose membership is durable unties the session and answers `None`.
    async fn leave(
        &self,
        at: &GroupRef,
        user: &UserId,
        leave: Leave,
        also: Also,
    ) -> StoreResult<Option<Departure>>;
    /// Puts `info` in the place of what is told of a user, in all its memberships of an application's existing groups:
    /// all of them or none. Memberships that another process alone knows of stay as they are; see
    /// [`put_counted_info`](Self::put_counted_info). What follows is stored when there is a membership.
    async fn put_user_info(
        &self,
        app: &AppId,
        user: &UserId,
        info: Option<Arc<str>>,
        also: Also,
    ) -> StoreResult<UserInfoPut>;
    /// The same for the memberships that this process alone knows of.
    fn put_counted_info(&self, _app: &AppId, _user: &UserId, _info: Option<&Arc<str>>) {}
    /// Ends the memberships of a group that this process alone knows of: the group was deleted, and whoever is counted
    /// here is out of it.
    fn dismiss_counted(&self, _at: &GroupRef) {}
    /// A page by number. O(log n).
    async fn roster_page(&self, at: &GroupRef, query: PageQuery) -> StoreResult<Page<Member>>;
    /// The next part of a walk by join number. O(log n).
    async fn roster_walk(&self, at: &GroupRef, query: WalkQuery) -> StoreResult<Slice<Member>>;
    /// The memberships of these users, in their order.
    async fn find_members(&self, at: &GroupRef, users: &[UserId]) -> StoreResult<Vec<Option<Member>>>;
    /// A roster's figures. O(1).
    async fn roster_state(&self, at: &GroupRef) -> StoreResult<RosterState>;
    /// How many visitors a group has had: different users, of whose joins it was to be noted. O(1).
    async fn visitors(&self, at: &GroupRef) -> StoreResult<u64>;
}

/// The last join number of a part of a roster: where a walk goes on.
#[must_use]
pub fn walk_cursor(members: &[Member]) -> Option<JoinNumber> {
    members.last().map(|member| member.number)
}

/// Streams and the messages in them.
#[async_trait]
pub trait Messages: Send + Sync {
    /// Stores a message in a group's stream and counts it, if the group has seen fewer than the draft's types, and no
    /// message under the same chosen id.
    async fn post(&self, at: &GroupRef, draft: Draft, also: Also) -> StoreResult<Posted>;
    /// Stores a message in a user's stream; it is counted nowhere. `once` says that its sender chose the id, so that it is
    /// stored once in the stream however often it is sent. [`Posted::NoGroup`] when there is no such application.
    async fn post_to_user(
        &self,
        to: (&AppId, &UserId),
        message: Message,
        once: bool,
        also: Also,
    ) -> StoreResult<Posted>;
    /// Counts a message that is not stored, so that nothing can be stored with it. The count may lag behind a crash by what
    /// was counted in the last second; that of likes lasts when the call returns.
    async fn count_only(&self, at: &GroupRef, draft: Draft) -> StoreResult<Posted>;
    /// Stores events where nothing else changes; their positions, or `None`, and none of them, when the group or the
    /// application of one is not there.
    async fn append(&self, also: Also) -> StoreResult<Option<Positions>>;
    /// Where a stream ends; `None` when its group or application does not exist.
    async fn top(&self, stream: &StreamRef) -> StoreResult<Option<Top>>;
    /// Up to `limit` stored events after `after`, rising and without a hole unless some were purged.
    async fn entries(&self, stream: &StreamRef, after: Sequence, limit: usize) -> StoreResult<Vec<Entry>>;
    /// Up to `limit` stored events before `before` (from the end without it), falling.
    async fn entries_before(
        &self,
        stream: &StreamRef,
        before: Option<Sequence>,
        limit: usize,
    ) -> StoreResult<Vec<Entry>>;
    /// The message of this id in a stream, the latest if several have it; `None` when there is none, or it was taken
    /// back.
    async fn find_message(&self, stream: &StreamRef, id: &MessageId) -> StoreResult<Option<Entry>>;
    /// Puts `tombstone` where the message at `place` stands, which is gone then with all that it said; its time stays,
    /// and an id that its sender chose stays taken. `None` when no message stands there, or the group is deleted.
    async fn recall(
        &self,
        stream: &StreamRef,
        place: Sequence,
        tombstone: Event,
        also: Also,
    ) -> StoreResult<Option<Positions>>;
    /// Stored messages of a group. Every entry's event is a message.
    async fn history(&self, at: &GroupRef, query: HistoryQuery) -> StoreResult<Slice<Entry>>;
}

/// What became of a [`Sessions::sign_in`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The login of the same user that it replaces.
    pub replaced: Option<SessionRef>,
    /// Where what follows stands.
    pub positions: Positions,
}

/// Who is logged in.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Changes who is logged in, with what follows; the login that was, and where what follows stands. `None`, and nothing
    /// is stored, when the [change](LoginChange::changes) changes nothing.
    async fn change_login(
        &self,
        app: &AppId,
        user: &UserId,
        change: LoginChange,
        also: Also,
    ) -> StoreResult<Option<(Option<SessionRef>, Positions)>>;
    /// Notes a login. What follows is stored unless it was noted already.
    async fn sign_in(
        &self,
        app: &AppId,
        user: &UserId,
        session: SessionRef,
        also: Also,
    ) -> StoreResult<SignedIn> {
        let changed = self.change_login(app, user, LoginChange::Begin(session), also).await?;
        let (replaced, positions) = changed.unwrap_or_default();
        Ok(SignedIn { replaced, positions })
    }
    /// Forgets a login; `None` when it was forgotten before, or a later one has replaced it.
    async fn sign_out(
        &self,
        app: &AppId,
        user: &UserId,
        session: &SessionRef,
        also: Also,
    ) -> StoreResult<Option<Positions>> {
        let changed = self.change_login(app, user, LoginChange::End(session.clone()), also).await?;
        Ok(changed.map(|(_, positions)| positions))
    }
    /// The login of each of these users, in their order.
    async fn sessions(&self, app: &AppId, users: &[UserId]) -> StoreResult<Vec<Option<SessionRef>>>;
}

/// What ended because the node that held it is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departed {
    /// The group that somebody left.
    pub group: GroupRef,
    /// Who; `None` for members who were only counted.
    pub user: Option<UserId>,
}

/// A part of what ended with nodes that are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reaped {
    /// Memberships that have ended. Each is answered to one caller, once.
    pub departed: Vec<Departed>,
    /// Whether there is more to end.
    pub more: bool,
}

/// The nodes that hold sessions. A node holds a lease; when it runs out, everything that hangs on the node's sessions
/// may be ended by any other, and the node may not tie anything to them again. Time is the store's.
#[async_trait]
pub trait Nodes: Send + Sync {
    /// Renews a node's lease, or begins its first; `false` when the node's sessions were ended meanwhile: it has to
    /// go on under another id. A lease that ran out without being reaped is renewed like any other.
    async fn beat(&self, node: &NodeId, lease: Duration) -> StoreResult<bool>;
    /// Ends about `limit` memberships, and logins, of nodes whose leases ran out. Callbacks are owed to the applications
    /// that [are told](crate::app::App::hears_callbacks).
    async fn reap(&self, limit: usize, also: Also) -> StoreResult<Reaped>;
    /// The nodes that hold a lease, and those whose lease was over in this last span of time. A store that one process
    /// has alone keeps no leases, and tells of none.
    async fn leases(&self, _gone_within: Duration) -> StoreResult<Vec<NodeLease>> {
        Ok(Vec::new())
    }
}

/// The lease of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeLease {
    /// The node.
    pub node: NodeId,
    /// For how long it has been over: it ran out, or was given back. `None` while it holds.
    pub over_for: Option<Duration>,
}

/// What a [`Admissions::draw`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Calls granted, at most as many as wanted.
    pub granted: u32,
    /// Milliseconds until a call would be granted; 0 when one was.
    pub wait_millis: u64,
}

/// What several nodes must share to admit calls. A single node keeps this in memory and needs no store for it.
#[async_trait]
pub trait Admissions: Send + Sync {
    /// Remembers the mark of a nonce for as long as a request `stamped` then would be accepted; `false` when it is
    /// remembered already. Up to a second's worth may be forgotten when the store crashes.
    async fn admit_nonce(&self, mark: u128, stamped: Millis) -> StoreResult<bool>;
    /// Takes up to `wanted` calls out of an allowance of `per_second` that refills steadily and holds one second's
    /// worth.
    async fn draw(&self, allowance: &str, per_second: u32, wanted: u32) -> StoreResult<Drawn>;
}

/// A whole store.
#[async_trait]
pub trait Store: Groups + Rosters + Messages + Sessions + Nodes {
    /// Records: the nouns of which there are few and which are rarely asked for.
    fn records(&self) -> &dyn Records;
    /// What the store counts about itself.
    fn figures(&self) -> Vec<Figure>;
    /// Whether the store can do its work now; the reason when it cannot.
    async fn ready(&self) -> StoreResult<()>;
    /// Writes everything that lasts, as of one moment, to a file that this kind of store takes back; how many records
    /// of each kind it holds. The store goes on meanwhile.
    ///
    /// # Errors
    /// [`TransferError::Other`] when the file cannot be written, or when the store leaves backups to others.
    async fn backup(&self, file: &Path) -> Result<Counts, TransferError> {
        Err(TransferError::Other(
            format!(
                "{} cannot be written: this store leaves backups to its database's own tools, \
            such as pg_dump",
                file.display()
            )
            .into(),
        ))
    }
    /// Writes what is only in memory, and stops. Calls after it fail with [`StoreError::Unavailable`].
    async fn close(&self) -> StoreResult<()>;
}
