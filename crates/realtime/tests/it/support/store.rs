//! The store in memory, and what these tests need beyond it: calls that fail, are late or unsure, and a look inside.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use muster_core::{
    caller::CarriedOut,
    event::Event,
    figure::Figure,
    group::{Deletion, Group, GroupFilter, GroupTally, Order, Page, Slice, Window},
    id::{AppId, GroupRef, MessageId, NodeId, SessionRef, UserId},
    login::LoginChange,
    message::{Draft, Entry, HistoryQuery, Message, Positions, Posted, Sequence, StreamRef, Top},
    random::Random as _,
    roster::{Admission, Departure, Join, Leave, Member, PageQuery, RosterState, WalkQuery},
    store::{
        Also, GroupCreated, GroupDeleted, GroupRecovered, GroupRewritten, Groups, Messages, Nodes, Reaped,
        Records, Rosters, Sessions, Store, StoreError, StoreResult, StreamEvent, UserInfoPut,
    },
    testing::Seeded,
    time::Millis,
};
use muster_store::memory::MemoryStore;

/// The name of all streams' positions, so that a test can say where it was.
const EPOCH: &str = "epoch";

pub(crate) struct TestStore {
    inner: MemoryStore,
    broken: AtomicBool,
    /// A store that has stopped, while records are read there.
    stopped: OnceLock<MemoryStore>,
    records_broken: AtomicBool,
    unsure: AtomicBool,
    reads: AtomicU64,
    states: AtomicU64,
    delay: Mutex<Duration>,
    login_delay: Mutex<Duration>,
    entries_delay: Mutex<Duration>,
    /// Draws, and how late an answer is at most.
    late: Mutex<Option<(Seeded, Duration)>>,
    lost_node: Mutex<Option<NodeId>>,
    /// The last position of each stream that is forgotten.
    forgotten: Mutex<HashMap<StreamRef, Sequence>>,
}

fn in_memory() -> MemoryStore {
    MemoryStore::open(Arc::new(Seeded::new(7))).unwrap()
}

impl Default for TestStore {
    fn default() -> Self {
        Self {
            inner: in_memory(),
            broken: AtomicBool::default(),
            stopped: OnceLock::default(),
            records_broken: AtomicBool::default(),
            unsure: AtomicBool::default(),
            reads: AtomicU64::default(),
            states: AtomicU64::default(),
            delay: Mutex::default(),
            login_delay: Mutex::default(),
            entries_delay: Mutex::default(),
            late: Mutex::default(),
            lost_node: Mutex::default(),
            forgotten: Mutex::default(),
        }
    }
}

impl TestStore {
    /// Fails everything but records while it is broken.
    pub(crate) fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// Fails whatever concerns records, such as applications, while they are broken.
    pub(crate) fn set_records_broken(&self, broken: bool) {
        self.records_broken.store(broken, Ordering::SeqCst);
    }

    /// Does what joins and leaves ask and says that it failed, as a database does that is lost in the middle of an answer.
    pub(crate) fn set_unsure(&self, unsure: bool) {
        self.unsure.store(unsure, Ordering::SeqCst);
    }

    /// Answers the next question this much later.
    pub(crate) fn delay_next(&self, delay: Duration) {
        *self.delay.lock().unwrap() = delay;
    }

    /// Notes the next login this much later.
    pub(crate) fn delay_login(&self, delay: Duration) {
        *self.login_delay.lock().unwrap() = delay;
    }

    /// Reads the next entries of a stream this much later.
    pub(crate) fn delay_entries(&self, delay: Duration) {
        *self.entries_delay.lock().unwrap() = delay;
    }

    /// Answers every question later from now on, by a time below `most` that is drawn for each.
    pub(crate) fn be_late(&self, seed: u64, most: Duration) {
        *self.late.lock().unwrap() = Some((Seeded::new(seed), most));
    }

    /// How often entries of a stream were read.
    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::SeqCst)
    }

    /// How often a roster's figures were asked for.
    pub(crate) fn states(&self) -> u64 {
        self.states.load(Ordering::SeqCst)
    }

    /// The lease of this node has run out, and the others have ended what it held.
    pub(crate) fn lose_node(&self, node: NodeId) {
        *self.lost_node.lock().unwrap() = Some(node);
    }

    /// The members of a group.
    pub(crate) fn members(&self, at: &GroupRef) -> Vec<UserId> {
        let query = WalkQuery { order: Order::Ascending, after: None, limit: usize::MAX };
        let members = self.inner.roster_walk(at, query).now_or_never().expect("memory answers at once");
        members.unwrap().entries.into_iter().map(|member| member.user).collect()
    }

    /// Forgets the oldest entries of a stream.
    pub(crate) fn purge_entries(&self, stream: &StreamRef, up_to: Sequence) {
        self.forgotten.lock().unwrap().insert(stream.clone(), up_to);
    }

    /// Puts an event into a stream, as another node does; where it stands.
    pub(crate) async fn put(&self, stream: &StreamRef, event: Event, at: Millis) -> Sequence {
        let event = StreamEvent { stream: stream.clone(), event: Arc::new(event), at };
        let also = Also { events: vec![event], ..Also::nothing(CarriedOut::by_itself()) };
        self.inner.append(also).await.unwrap().unwrap()[0]
    }

    fn draw_late(&self) -> Duration {
        let late = self.late.lock().unwrap();
        let Some((draws, most)) = &*late else { return Duration::ZERO };
        let mut byte = [0];
        draws.fill(&mut byte);
        *most * u32::from(byte[0]) / 256
    }

    fn forgotten(&self, stream: &StreamRef) -> Sequence {
        self.forgotten.lock().unwrap().get(stream).copied().unwrap_or(0)
    }

    /// What comes before every answer.
    async fn asked(&self) -> StoreResult<&MemoryStore> {
        // A store that lasts answers later: whatever else can go on does.
        tokio::task::yield_now().await;
        let delay = std::mem::take(&mut *self.delay.lock().unwrap()) + self.draw_late();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if self.broken.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("broken by the test".to_owned()));
        }
        Ok(&self.inner)
    }

    /// What comes of a change of a roster.
    fn told<T>(&self, answer: StoreResult<T>) -> StoreResult<T> {
        if self.unsure.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("lost by the test in the middle of an answer".to_owned()));
        }
        answer
    }
}

#[async_trait]
impl Groups for TestStore {
    async fn create_group(&self, group: Group, limit: Option<u64>, also: Also) -> StoreResult<GroupCreated> {
        self.asked().await?.create_group(group, limit, also).await
    }

    async fn group(&self, at: &GroupRef) -> StoreResult<Option<Arc<Group>>> {
        self.asked().await?.group(at).await
    }

    async fn delete_group(&self, at: &GroupRef, deletion: Deletion, also: Also) -> StoreResult<GroupDeleted> {
        self.asked().await?.delete_group(at, deletion, also).await
    }

    async fn rewrite_group(&self, before: &Group, after: Group, also: Also) -> StoreResult<GroupRewritten> {
        self.told(self.asked().await?.rewrite_group(before, after, also).await)
    }

    async fn recover_group(
        &self,
        at: &GroupRef,
        deleted_after: Millis,
        limit: Option<u64>,
        also: Also,
    ) -> StoreResult<GroupRecovered> {
        self.told(self.asked().await?.recover_group(at, deleted_after, limit, also).await)
    }

    async fn groups(
        &self,
        app: &AppId,
        filter: GroupFilter,
        order: Order,
        window: Window,
    ) -> StoreResult<Page<Group>> {
        self.asked().await?.groups(app, filter, order, window).await
    }

    async fn walk_groups(
        &self,
        app: &AppId,
        filter: GroupFilter,
        order: Order,
        after: Option<i64>,
        limit: usize,
    ) -> StoreResult<Slice<Group>> {
        self.asked().await?.walk_groups(app, filter, order, after, limit).await
    }

    async fn groups_of(
        &self,
        app: &AppId,
        user: &UserId,
        order: Order,
        window: Window,
    ) -> StoreResult<Page<Group>> {
        self.asked().await?.groups_of(app, user, order, window).await
    }

    async fn tally(&self, at: &GroupRef) -> StoreResult<GroupTally> {
        self.asked().await?.tally(at).await
    }

    async fn purge(&self, now: Millis, deleted: Millis) -> StoreResult<u64> {
        self.asked().await?.purge(now, deleted).await
    }

    async fn purge_time(&self, now: Millis) -> StoreResult<Millis> {
        self.asked().await?.purge_time(now).await
    }

    async fn note_purge_time(&self, time: Millis) -> StoreResult<Millis> {
        self.asked().await?.note_purge_time(time).await
    }
}

#[async_trait]
impl Rosters for TestStore {
    async fn join(&self, at: &GroupRef, join: Join, also: Also) -> StoreResult<Admission> {
        self.told(self.asked().await?.join(at, join, also).await)
    }

    async fn leave(
        &self,
        at: &GroupRef,
        user: &UserId,
        leave: Leave,
        also: Also,
    ) -> StoreResult<Option<Departure>> {
        self.told(self.asked().await?.leave(at, user, leave, also).await)
    }

    async fn put_user_info(
        &self,
        app: &AppId,
        user: &UserId,
        info: Option<Arc<str>>,
        also: Also,
    ) -> StoreResult<UserInfoPut> {
        self.asked().await?.put_user_info(app, user, info, also).await
    }

    async fn roster_page(&self, at: &GroupRef, query: PageQuery) -> StoreResult<Page<Member>> {
        self.asked().await?.roster_page(at, query).await
    }

    async fn roster_walk(&self, at: &GroupRef, query: WalkQuery) -> StoreResult<Slice<Member>> {
        self.asked().await?.roster_walk(at, query).await
    }

    async fn find_members(&self, at: &GroupRef, users: &[UserId]) -> StoreResult<Vec<Option<Member>>> {
        self.asked().await?.find_members(at, users).await
    }

    async fn roster_state(&self, at: &GroupRef) -> StoreResult<RosterState> {
        self.states.fetch_add(1, Ordering::SeqCst);
        self.asked().await?.roster_state(at).await
    }

    async fn visitors(&self, at: &GroupRef) -> StoreResult<u64> {
        self.asked().await?.visitors(at).await
    }
}

#[async_trait]
impl Messages for TestStore {
    async fn post(&self, at: &GroupRef, draft: Draft, also: Also) -> StoreResult<Posted> {
        self.asked().await?.post(at, draft, also).await
    }

    async fn post_to_user(
        &self,
        to: (&AppId, &UserId),
        message: Message,
        once: bool,
        also: Also,
    ) -> StoreResult<Posted> {
        self.asked().await?.post_to_user(to, message, once, also).await
    }

    async fn count_only(&self, at: &GroupRef, draft: Draft) -> StoreResult<Posted> {
        self.asked().await?.count_only(at, draft).await
    }

    async fn append(&self, also: Also) -> StoreResult<Option<Positions>> {
        self.asked().await?.append(also).await
    }

    async fn top(&self, stream: &StreamRef) -> StoreResult<Option<Top>> {
        let top = self.asked().await?.top(stream).await?;
        Ok(top.map(|top| Top { epoch: EPOCH.to_owned(), ..top }))
    }

    async fn entries(&self, stream: &StreamRef, after: Sequence, limit: usize) -> StoreResult<Vec<Entry>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let delay = std::mem::take(&mut *self.entries_delay.lock().unwrap());
        tokio::time::sleep(delay).await;
        let store = self.asked().await?;
        store.entries(stream, after.max(self.forgotten(stream)), limit).await
    }

    async fn entries_before(
        &self,
        stream: &StreamRef,
        before: Option<Sequence>,
        limit: usize,
    ) -> StoreResult<Vec<Entry>> {
        let mut entries = self.asked().await?.entries_before(stream, before, limit).await?;
        entries.retain(|entry| entry.sequence > self.forgotten(stream));
        Ok(entries)
    }

    async fn find_message(&self, stream: &StreamRef, id: &MessageId) -> StoreResult<Option<Entry>> {
        self.asked().await?.find_message(stream, id).await
    }

    async fn recall(
        &self,
        stream: &StreamRef,
        place: Sequence,
        tombstone: Event,
        also: Also,
    ) -> StoreResult<Option<Positions>> {
        self.asked().await?.recall(stream, place, tombstone, also).await
    }

    async fn history(&self, at: &GroupRef, query: HistoryQuery) -> StoreResult<Slice<Entry>> {
        self.asked().await?.history(at, query).await
    }
}

#[async_trait]
impl Sessions for TestStore {
    async fn change_login(
        &self,
        app: &AppId,
        user: &UserId,
        change: LoginChange,
        also: Also,
    ) -> StoreResult<Option<(Option<SessionRef>, Positions)>> {
        let delay = std::mem::take(&mut *self.login_delay.lock().unwrap());
        tokio::time::sleep(delay).await;
        self.asked().await?.change_login(app, user, change, also).await
    }

    async fn sessions(&self, app: &AppId, users: &[UserId]) -> StoreResult<Vec<Option<SessionRef>>> {
        self.asked().await?.sessions(app, users).await
    }
}

#[async_trait]
impl Nodes for TestStore {
    async fn beat(&self, node: &NodeId, _: Duration) -> StoreResult<bool> {
        Ok(self.lost_node.lock().unwrap().as_ref() != Some(node))
    }

    async fn reap(&self, limit: usize, also: Also) -> StoreResult<Reaped> {
        self.inner.reap(limit, also).await
    }
}

#[async_trait]
impl Store for TestStore {
    fn records(&self) -> &dyn Records {
        if self.records_broken.load(Ordering::SeqCst) {
            let stopped = self.stopped.get_or_init(|| {
                let store = in_memory();
                store.close().now_or_never().expect("memory answers at once").unwrap();
                store
            });
            return stopped.records();
        }
        self.inner.records()
    }

    fn figures(&self) -> Vec<Figure> {
        self.inner.figures()
    }

    async fn ready(&self) -> StoreResult<()> {
        self.inner.ready().await
    }

    async fn close(&self) -> StoreResult<()> {
        self.inner.close().await
    }
}
