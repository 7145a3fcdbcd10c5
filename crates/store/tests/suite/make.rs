//! Things to store.

use std::sync::Arc;

use muster_core::{
    app::{App, AppChange, Audit, DataCenter, Generation, Retention, StringMap},
    caller::CarriedOut,
    group::{Group, Order, Window},
    id::{AccountId, AppId, GroupId, GroupRef, MessageId, NodeId, SessionId, SessionRef, UserId},
    message::{
        Draft, Event, ExitReason, LIKES, Level, Message, Positions, Posted, Sender, Sequence, StreamRef,
        Weight,
    },
    number::{RepeatCount, TypeCount},
    roster::{Admission, Departure, Join, Leave, Member, PageQuery, Tie},
    seal::Sealed,
    store::{Also, AppCreated, GroupCreated, Store, StreamEvent},
    time::Millis,
};

/// An account's id, the same for the same name.
pub(crate) fn account(name: &str) -> AccountId {
    let digits = name.bytes().fold(1_u64, |number, byte| (number * 131 + u64::from(byte)) % 10_u64.pow(15));
    AccountId::new(&format!("{:016}", 10_u64.pow(15) + digits)).unwrap()
}

pub(crate) fn app_id(name: &str) -> AppId {
    AppId::new(name).unwrap()
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

pub(crate) fn at(app: &str, group: &str) -> GroupRef {
    GroupRef::new(app_id(app), GroupId::new(group).unwrap())
}

pub(crate) fn session(name: &str) -> SessionRef {
    SessionRef { node: NodeId::new("n").unwrap(), session: SessionId::new(name).unwrap() }
}

pub(crate) fn app(id: &str) -> App {
    App {
        id: app_id(id),
        account: account("acc"),
        generation: Generation::Two,
        name: None,
        key: Sealed(vec![1, 2, 3]),
        data_center: DataCenter::Shanghai,
        retention: Retention::Days30,
        audit: Audit::Off,
        callback_url: None,
        disabled: false,
        config: StringMap::new(),
        extension: StringMap::new(),
        created_at: Millis(1_000),
        modified_at: Millis(1_000),
        deleted_at: None,
    }
}

/// What switches an application off or on.
pub(crate) fn switched(disabled: bool) -> AppChange {
    AppChange { disabled: Some(disabled), ..AppChange::default() }
}

pub(crate) fn group(app: &str, id: &str) -> Group {
    Group {
        at: at(app, id),
        number: 0,
        creator: None,
        admins: Vec::new(),
        name: None,
        info: None,
        extension: StringMap::new(),
        epoch: format!("epoch-{id}"),
        created_at: Millis(2_000),
        deletion: None,
    }
}

/// What a change is stored with from which nothing follows.
pub(crate) fn alone() -> Also {
    Also::nothing(CarriedOut::by_itself())
}

/// What a change is stored with from which these events follow.
pub(crate) fn with(events: Vec<StreamEvent>) -> Also {
    Also { events, ..alone() }
}

/// An event of a stream by itself.
pub(crate) fn event_of(stream: &StreamRef, event: Event, at: Millis) -> Also {
    with(vec![StreamEvent { stream: stream.clone(), event: Arc::new(event), at }])
}

/// What a group is told of its end.
pub(crate) fn end_of(at: &GroupRef, when: Millis) -> Also {
    let event = Event::Exit { group: at.group.clone(), reason: ExitReason::Dissolved };
    event_of(&StreamRef::Group(at.clone()), event, when)
}

/// A message that was stored at this place, or counted only.
pub(crate) fn done(sequence: Option<Sequence>, total: TypeCount) -> Posted {
    Posted::Done { sequence, total, positions: Positions::new() }
}

/// The end of a membership that leaves so many.
pub(crate) fn left(count: u64) -> Option<Departure> {
    Some(Departure { count, positions: Positions::new() })
}

/// Makes an application.
pub(crate) async fn with_app(store: &dyn Store, id: &str) {
    assert_eq!(
        store.records().create_app(app(id), None, alone()).await.unwrap(),
        AppCreated::Created(Positions::new())
    );
}

/// Makes a group and answers its address.
pub(crate) async fn with_group(store: &dyn Store, app: &str, id: &str) -> GroupRef {
    let created = store.create_group(group(app, id), None, alone()).await.unwrap();
    assert!(matches!(created, GroupCreated::Created(..)), "{created:?}");
    at(app, id)
}

/// Makes an application `a` with a group `g`.
pub(crate) async fn one_group(store: &dyn Store) -> GroupRef {
    with_app(store, "a").await;
    with_group(store, "a", "g").await
}

pub(crate) fn durable(name: &str) -> Join {
    Join {
        user: user(name),
        info: Some(format!("info of {name}\0").into()),
        tie: Tie::Durable,
        at: Millis(3_000),
        capacity: None,
        super_above: None,
        super_listed: true,
        visitor: false,
    }
}

/// A join by the session `s-<name>`.
pub(crate) fn connected(name: &str) -> Join {
    Join { tie: Tie::Session(session(&format!("s-{name}"))), ..durable(name) }
}

/// The end of [`connected`].
pub(crate) fn disconnect(name: &str) -> Leave {
    Leave::Session(session(&format!("s-{name}")))
}

/// Joins and answers the membership, whether it is new, and the count.
pub(crate) async fn admitted(store: &dyn Store, at: &GroupRef, join: Join) -> (Member, bool, u64) {
    match store.join(at, join, alone()).await.unwrap() {
        Admission::Admitted { member, fresh, count, .. } => (member, fresh, count),
        other => panic!("not admitted: {other:?}"),
    }
}

/// All members in order.
pub(crate) async fn roster(store: &dyn Store, at: &GroupRef) -> Vec<Member> {
    let query = PageQuery { order: Order::Ascending, window: Window { skip: 0, limit: 100_000 } };
    let page = store.roster_page(at, query).await.unwrap();
    assert_eq!(page.entries.len() as u64, page.total);
    page.entries
}

/// The names of all members in order.
pub(crate) async fn names(store: &dyn Store, at: &GroupRef) -> Vec<String> {
    roster(store, at).await.iter().map(|member| member.user.to_string()).collect()
}

/// So many messages in one.
pub(crate) fn times(number: u64) -> RepeatCount {
    RepeatCount::new(number).unwrap()
}

/// The count of a type.
pub(crate) fn counted(number: u64) -> TypeCount {
    TypeCount::clamped(number)
}

pub(crate) fn message(kind: i64, body: &str, at: i64) -> Message {
    Message {
        id: MessageId::new("m-1").unwrap(),
        kind,
        body: body.into(),
        sender: Sender { user: user("sender"), info: Some(Arc::from("info")) },
        at: Millis(at),
        weight: Weight::LIKE,
        level: Level::NORMAL,
        repeat: times(1),
        total: TypeCount::default(),
        cached: true,
    }
}

/// Likes of a group.
pub(crate) fn likes(number: u64) -> Draft {
    Draft { increment: times(number), max_types: usize::MAX, ..draft(LIKES, "", 1) }
}

pub(crate) fn draft(kind: i64, body: &str, at: i64) -> Draft {
    Draft { message: message(kind, body, at), increment: times(1), max_types: 30, once: false }
}
