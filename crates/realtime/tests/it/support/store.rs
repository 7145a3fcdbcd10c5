//! A store in memory: what realtime needs of one, done the simplest way.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use muster_core::{
    account::{Changed, Directory, DirectoryChange},
    app::App,
    chat::{BusinessNumber, Channel, ChatGroup, ChatGroupQuery, ChatGroupStatus, Invite, PhoneNumber},
    figure::Figure,
    group::{Deletion, Group, GroupFilter, GroupTally, Order, Page, Slice, Window},
    id::{AccountId, AppId, GroupRef, NodeId, SessionRef, UserId},
    message::{Draft, Entry, Event, HistoryQuery, Message, Positions, Posted, Sequence, StreamRef, Top},
    mute::Mute,
    number::TypeCount,
    roster::{Admission, Departure, Join, Leave, Member, PageQuery, RosterState, Tie, WalkQuery},
    store::{
        Accounts, Also, AppCreated, AppFilter, Apps, Chats, GroupCreated, GroupDeleted, Groups, Messages,
        Mutes, Nodes, Reaped, Records, Rosters, Seals, Sessions, Store, StoreError, StoreResult, WordAdded,
        Words,
    },
    time::Millis,
    word::Word,
};

#[derive(Default)]
pub(crate) struct TestStore {
    data: Mutex<Data>,
    broken: AtomicBool,
    unsure: AtomicBool,
    reads: AtomicU64,
    states: AtomicU64,
    delay: Mutex<Duration>,
    lost_node: Mutex<Option<NodeId>>,
}

#[derive(Default)]
struct Data {
    apps: HashMap<AppId, Arc<App>>,
    groups: HashMap<GroupRef, Arc<Group>>,
    rosters: HashMap<GroupRef, Roster>,
    streams: HashMap<StreamRef, Vec<Entry>>,
    logins: HashMap<(AppId, UserId), SessionRef>,
}

#[derive(Default)]
struct Roster {
    members: Vec<(Member, Tie)>,
    views: u64,
    super_group: bool,
    totals: std::collections::BTreeMap<i64, u64>,
}

fn absent<T>() -> StoreResult<T> {
    Err(StoreError::Failed("realtime does not need this".into()))
}

impl TestStore {
    /// Fails everything while it is broken.
    pub(crate) fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// Does what joins and leaves ask and says that it failed, as a database does that is lost in the middle of an answer.
    pub(crate) fn set_unsure(&self, unsure: bool) {
        self.unsure.store(unsure, Ordering::SeqCst);
    }

    /// Answers the next question this much later.
    pub(crate) fn delay_next(&self, delay: Duration) {
        *self.delay.lock().unwrap() = delay;
    }

    /// How often entries of a stream were read.
    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::SeqCst)
    }

    /// How often the figures of a roster were read.
    pub(crate) fn states(&self) -> u64 {
        self.states.load(Ordering::SeqCst)
    }

    /// The lease of this node has run out, and the others have ended what it held.
    pub(crate) fn lose_node(&self, node: NodeId) {
        *self.lost_node.lock().unwrap() = Some(node);
    }

    /// The members of a group.
    pub(crate) fn members(&self, at: &GroupRef) -> Vec<UserId> {
        let data = self.data.lock().unwrap();
        data.rosters.get(at).map_or(vec![], |r| r.members.iter().map(|(m, _)| m.user.clone()).collect())
    }

    /// Forgets the oldest entries of a stream.
    pub(crate) fn purge_entries(&self, stream: &StreamRef, up_to: Sequence) {
        let mut data = self.data.lock().unwrap();
        data.streams.get_mut(stream).unwrap().retain(|entry| entry.sequence > up_to);
    }

    /// Stores an event; its position.
    pub(crate) async fn put(&self, stream: &StreamRef, event: Event, at: Millis) -> Sequence {
        self.data(|data| data.push(stream, event, at)).await.unwrap()
    }

    async fn data<T>(&self, with: impl FnOnce(&mut Data) -> T) -> StoreResult<T> {
        // A real store answers later: whatever else can go on does.
        tokio::task::yield_now().await;
        let delay = std::mem::take(&mut *self.delay.lock().unwrap());
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if self.broken.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("broken by the test".to_owned()));
        }
        Ok(with(&mut self.data.lock().unwrap()))
    }

    /// Changes a roster.
    async fn change<T>(&self, with: impl FnOnce(&mut Data) -> T) -> StoreResult<T> {
        let answer = self.data(with).await?;
        if self.unsure.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("lost by the test in the middle of an answer".to_owned()));
        }
        Ok(answer)
    }
}

impl Data {
    fn push(&mut self, stream: &StreamRef, event: Event, at: Millis) -> Sequence {
        let entries = self.streams.entry(stream.clone()).or_default();
        let sequence = entries.last().map_or(0, |entry| entry.sequence) + 1;
        entries.push(Entry { sequence, at, event });
        sequence
    }

    /// Stores what follows from a change.
    fn follow(&mut self, also: Also) -> Positions {
        let events = also.events.into_iter();
        events.map(|one| self.push(&one.stream, Event::clone(&one.event), one.at)).collect()
    }

    fn exists(&self, at: &GroupRef) -> bool {
        self.groups.get(at).is_some_and(|group| group.deletion.is_none())
    }

    fn count(&mut self, at: &GroupRef, draft: &Draft) -> Option<Message> {
        if !self.exists(at) {
            return None;
        }
        let totals = &mut self.rosters.entry(at.clone()).or_default().totals;
        let total = totals.entry(draft.message.kind).or_default();
        *total += draft.increment.get();
        Some(Message { total: TypeCount::clamped(*total), ..draft.message.clone() })
    }
}

#[async_trait]
impl Accounts for TestStore {
    async fn directory(&self) -> StoreResult<Directory> {
        absent()
    }
    async fn change_directory(&self, _: DirectoryChange) -> StoreResult<Changed> {
        absent()
    }
}

#[async_trait]
impl Apps for TestStore {
    async fn create_app(&self, app: App, _: Option<u64>) -> StoreResult<AppCreated> {
        self.data(|data| data.apps.insert(app.id.clone(), Arc::new(app))).await?;
        Ok(AppCreated::Created)
    }
    async fn app(&self, id: &AppId) -> StoreResult<Option<Arc<App>>> {
        self.data(|data| data.apps.get(id).cloned()).await
    }
    async fn apps(&self, _: &AccountId, _: AppFilter, _: Order, _: Window) -> StoreResult<Page<App>> {
        absent()
    }
    async fn set_app_disabled(
        &self,
        id: &AppId,
        disabled: bool,
        _: Millis,
        also: Also,
    ) -> StoreResult<Option<(App, Positions)>> {
        self.data(|data| {
            let app = data.apps.get_mut(id)?;
            *app = Arc::new(App { disabled, ..App::clone(app) });
            let app = App::clone(app);
            Some((app, data.follow(also)))
        })
        .await
    }
}

#[async_trait]
impl Groups for TestStore {
    async fn create_group(&self, group: Group, _: Option<u64>, also: Also) -> StoreResult<GroupCreated> {
        self.data(|data| {
            data.groups.insert(group.at.clone(), Arc::new(group.clone()));
            GroupCreated::Created(group, data.follow(also))
        })
        .await
    }
    async fn group(&self, at: &GroupRef) -> StoreResult<Option<Arc<Group>>> {
        self.data(|data| data.groups.get(at).cloned()).await
    }
    async fn delete_group(&self, at: &GroupRef, deletion: Deletion, also: Also) -> StoreResult<GroupDeleted> {
        self.data(|data| {
            if !data.exists(at) {
                return GroupDeleted::Missing;
            }
            let group = Group::clone(&data.groups[at]);
            let group = Group { deletion: Some(deletion.clone()), ..group };
            data.groups.insert(at.clone(), Arc::new(group));
            data.rosters.remove(at);
            GroupDeleted::Deleted(data.follow(also))
        })
        .await
    }
    async fn groups(&self, _: &AppId, _: GroupFilter, _: Order, _: Window) -> StoreResult<Page<Group>> {
        absent()
    }
    async fn walk_groups(
        &self,
        _: &AppId,
        _: GroupFilter,
        _: Order,
        _: Option<i64>,
        _: usize,
    ) -> StoreResult<Slice<Group>> {
        absent()
    }
    async fn groups_of(&self, _: &AppId, _: &UserId, _: Order, _: Window) -> StoreResult<Page<Group>> {
        absent()
    }
    async fn tally(&self, at: &GroupRef) -> StoreResult<GroupTally> {
        self.data(|data| {
            data.rosters.get(at).map_or_else(GroupTally::default, |roster| GroupTally {
                online: roster.members.len() as u64,
                views: roster.views,
                messages: roster.totals.clone(),
                super_group: roster.super_group,
            })
        })
        .await
    }
    async fn purge(&self, _: Millis, _: Millis) -> StoreResult<u64> {
        absent()
    }
    async fn purge_time(&self, _: Millis) -> StoreResult<Millis> {
        absent()
    }
    async fn note_purge_time(&self, _: Millis) -> StoreResult<Millis> {
        absent()
    }
}

#[async_trait]
impl Rosters for TestStore {
    async fn join(&self, at: &GroupRef, join: Join, also: Also) -> StoreResult<Admission> {
        self.change(|data| {
            if !data.exists(at) {
                return Admission::NoGroup;
            }
            let roster = data.rosters.entry(at.clone()).or_default();
            let place = roster.members.iter().position(|(member, _)| member.user == join.user);
            let fresh = place.is_none();
            if let Some(place) = place {
                roster.members[place].1 = join.tie;
                roster.members[place].0.connected = true;
            } else {
                roster.views += 1;
                let member = Member {
                    user: join.user.clone(),
                    info: join.info,
                    number: roster.views,
                    joined_at: join.at,
                    connected: true,
                };
                roster.members.push((member, join.tie));
            }
            let count = roster.members.len() as u64;
            roster.super_group |= join.super_above.is_some_and(|above| count > above);
            let found = roster.members.iter().find(|(member, _)| member.user == join.user);
            let member = found.unwrap().0.clone();
            let positions = if fresh { data.follow(also) } else { Positions::new() };
            Admission::Admitted { member, fresh, count, positions }
        })
        .await
    }
    async fn leave(
        &self,
        at: &GroupRef,
        user: &UserId,
        leave: Leave,
        also: Also,
    ) -> StoreResult<Option<Departure>> {
        self.change(|data| {
            let roster = data.rosters.get_mut(at)?;
            let goes = |tie: &Tie| match &leave {
                Leave::Any => true,
                Leave::Session(session) => *tie == Tie::Session(session.clone()),
            };
            let place = roster.members.iter().position(|(m, tie)| m.user == *user && goes(tie))?;
            roster.members.remove(place);
            roster.super_group &= !roster.members.is_empty();
            let count = roster.members.len() as u64;
            Some(Departure { count, positions: data.follow(also) })
        })
        .await
    }
    async fn roster_page(&self, _: &GroupRef, _: PageQuery) -> StoreResult<Page<Member>> {
        absent()
    }
    async fn roster_walk(&self, at: &GroupRef, query: WalkQuery) -> StoreResult<Slice<Member>> {
        self.data(|data| {
            let mut entries: Vec<Member> = data
                .rosters
                .get(at)
                .map_or(vec![], |roster| roster.members.iter().map(|(member, _)| member.clone()).collect());
            if query.order == Order::Descending {
                entries.reverse();
            }
            let beyond = |number: u64| match query.order {
                Order::Ascending => query.after.is_none_or(|after| number > after),
                Order::Descending => query.after.is_none_or(|after| number < after),
            };
            entries.retain(|member| beyond(member.number));
            let more = entries.len() > query.limit;
            entries.truncate(query.limit);
            Slice { entries, more }
        })
        .await
    }
    async fn find_members(&self, at: &GroupRef, users: &[UserId]) -> StoreResult<Vec<Option<Member>>> {
        self.data(|data| {
            let roster = data.rosters.get(at);
            let find = |user: &UserId| {
                let found = roster?.members.iter().find(|(member, _)| member.user == *user)?;
                Some(found.0.clone())
            };
            users.iter().map(find).collect()
        })
        .await
    }
    async fn roster_state(&self, at: &GroupRef) -> StoreResult<RosterState> {
        self.states.fetch_add(1, Ordering::SeqCst);
        self.data(|data| {
            data.rosters.get(at).map_or_else(RosterState::default, |roster| RosterState {
                count: roster.members.len() as u64,
                views: roster.views,
                super_group: roster.super_group,
            })
        })
        .await
    }
}

#[async_trait]
impl Messages for TestStore {
    async fn post(&self, at: &GroupRef, draft: Draft, also: Also) -> StoreResult<Posted> {
        self.data(|data| {
            let Some(message) = data.count(at, &draft) else { return Posted::NoGroup };
            let (total, taken) = (message.total, message.at);
            let stream = StreamRef::Group(at.clone());
            let sequence = data.push(&stream, Event::Message(message), taken);
            Posted::Done { sequence: Some(sequence), total, positions: data.follow(also) }
        })
        .await
    }
    async fn count_only(&self, at: &GroupRef, draft: Draft) -> StoreResult<Posted> {
        self.data(|data| match data.count(at, &draft) {
            Some(message) => {
                Posted::Done { sequence: None, total: message.total, positions: Positions::new() }
            }
            None => Posted::NoGroup,
        })
        .await
    }
    async fn append(&self, also: Also) -> StoreResult<Option<Positions>> {
        self.data(|data| Some(data.follow(also))).await
    }
    async fn top(&self, stream: &StreamRef) -> StoreResult<Option<Top>> {
        self.data(|data| {
            let exists = match stream {
                StreamRef::Group(at) => data.groups.contains_key(at),
                StreamRef::User(app, _) => data.apps.contains_key(app),
            };
            let last = data.streams.get(stream).and_then(|entries| entries.last());
            let sequence = last.map_or(0, |entry| entry.sequence);
            exists.then(|| Top { epoch: "epoch".to_owned(), sequence })
        })
        .await
    }
    async fn entries(&self, stream: &StreamRef, after: Sequence, limit: usize) -> StoreResult<Vec<Entry>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.data(|data| {
            let entries = data.streams.get(stream).map_or(&[][..], Vec::as_slice);
            entries.iter().filter(|entry| entry.sequence > after).take(limit).cloned().collect()
        })
        .await
    }
    async fn entries_before(
        &self,
        stream: &StreamRef,
        before: Option<Sequence>,
        limit: usize,
    ) -> StoreResult<Vec<Entry>> {
        self.data(|data| {
            let entries = data.streams.get(stream).map_or(&[][..], Vec::as_slice);
            let earlier = |entry: &&Entry| before.is_none_or(|before| entry.sequence < before);
            entries.iter().rev().filter(earlier).take(limit).cloned().collect()
        })
        .await
    }
    async fn history(&self, _: &GroupRef, _: HistoryQuery) -> StoreResult<Slice<Entry>> {
        absent()
    }
}

#[async_trait]
impl Sessions for TestStore {
    async fn sign_in(
        &self,
        app: &AppId,
        user: &UserId,
        session: SessionRef,
    ) -> StoreResult<Option<SessionRef>> {
        self.data(|data| data.logins.insert((app.clone(), user.clone()), session)).await
    }
    async fn sign_out(&self, app: &AppId, user: &UserId, session: &SessionRef) -> StoreResult<()> {
        self.data(|data| {
            let key = (app.clone(), user.clone());
            if data.logins.get(&key) == Some(session) {
                data.logins.remove(&key);
            }
        })
        .await
    }
    async fn sessions(&self, app: &AppId, users: &[UserId]) -> StoreResult<Vec<Option<SessionRef>>> {
        self.data(|data| {
            users.iter().map(|user| data.logins.get(&(app.clone(), user.clone())).cloned()).collect()
        })
        .await
    }
}

#[async_trait]
impl Chats for TestStore {
    async fn create_channel(&self, _: Channel) -> StoreResult<()> {
        absent()
    }
    async fn channel(&self, _: &AppId) -> StoreResult<Option<Channel>> {
        absent()
    }
    async fn channels(&self, _: &AccountId) -> StoreResult<Vec<Channel>> {
        absent()
    }
    async fn add_number(&self, _: BusinessNumber) -> StoreResult<bool> {
        absent()
    }
    async fn number(&self, _: &PhoneNumber) -> StoreResult<Option<BusinessNumber>> {
        absent()
    }
    async fn numbers(&self, _: &AppId) -> StoreResult<Vec<BusinessNumber>> {
        absent()
    }
    async fn create_chat_group(&self, _: ChatGroup, _: Also) -> StoreResult<Positions> {
        absent()
    }
    async fn chat_group(&self, _: &GroupRef) -> StoreResult<Option<ChatGroup>> {
        absent()
    }
    async fn chat_groups(&self, _: &ChatGroupQuery, _: Window) -> StoreResult<Page<ChatGroup>> {
        absent()
    }
    async fn advance_chat_groups(
        &self,
        _: ChatGroupStatus,
        _: ChatGroupStatus,
        _: Millis,
        _: Millis,
    ) -> StoreResult<Vec<GroupRef>> {
        absent()
    }
    async fn set_invite(
        &self,
        _: &GroupRef,
        _: Option<&str>,
        _: Millis,
        _: Also,
    ) -> StoreResult<Option<Positions>> {
        absent()
    }
    async fn invite(&self, _: &str) -> StoreResult<Option<Invite>> {
        absent()
    }
}

#[async_trait]
impl Seals for TestStore {
    async fn master_check(&self) -> StoreResult<Option<Vec<u8>>> {
        Ok(None)
    }

    async fn claim_master(&self, _check_value: &[u8]) -> StoreResult<bool> {
        Ok(true)
    }
}

#[async_trait]
impl Nodes for TestStore {
    async fn beat(&self, node: &NodeId, _: Duration) -> StoreResult<bool> {
        Ok(self.lost_node.lock().unwrap().as_ref() != Some(node))
    }

    async fn reap(&self, _: usize) -> StoreResult<Reaped> {
        Ok(Reaped::default())
    }
}

#[async_trait]
impl Mutes for TestStore {
    async fn put_mute(&self, _: Mute) -> StoreResult<()> {
        absent()
    }
    async fn mute(&self, _: &GroupRef, _: &UserId) -> StoreResult<Option<Mute>> {
        absent()
    }
    async fn mutes(&self, _: &GroupRef, _: Window) -> StoreResult<Page<Mute>> {
        absent()
    }
    async fn remove_mute(&self, _: &GroupRef, _: &UserId) -> StoreResult<bool> {
        absent()
    }
}

#[async_trait]
impl Words for TestStore {
    async fn add_word(&self, _: Word, _: u64) -> StoreResult<WordAdded> {
        absent()
    }
    async fn words(&self, _: &AppId) -> StoreResult<Vec<Word>> {
        absent()
    }
    async fn remove_word(&self, _: &AppId, _: &str) -> StoreResult<bool> {
        absent()
    }
}

impl Records for TestStore {}

#[async_trait]
impl Store for TestStore {
    fn records(&self) -> &dyn Records {
        self
    }

    fn figures(&self) -> Vec<Figure> {
        Vec::new()
    }

    async fn ready(&self) -> StoreResult<()> {
        Ok(())
    }
    async fn close(&self) -> StoreResult<()> {
        Ok(())
    }
}
