//! Rosters, leases and admissions of several nodes over one PostgreSQL database. A node is a store of its own here.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use muster_core::{
    app::App,
    callback::{CallbackEvent, LogoffReason, UserSession},
    group::{Deletion, Order, Window},
    id::{GroupId, GroupRef, NodeId, SessionId, SessionRef},
    roster::{Admission, Join, Leave, PageQuery, RosterState, Tie},
    store::{Departed, Groups as _, Nodes as _, Rosters as _, Sessions as _, Store as _, StoreError},
    time::Millis,
};
use muster_store::postgres::PostgresStore;
use tokio::time::{sleep, timeout};

use crate::{
    calls::{finding, owed_events},
    make::{admitted, alone, app, app_id, durable, end_of, left, names, one_group, roster, user, with_group},
    place::Postgres,
};

/// A lease that no test outlives.
const LEASE: Duration = Duration::from_secs(3_600);
/// What any of this takes at most, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a condition is looked at that another node's task brings about.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) struct Node {
    pub(crate) store: Arc<PostgresStore>,
    id: NodeId,
}

impl Node {
    async fn start(place: &Postgres, id: &str) -> Self {
        let node = Self { store: Arc::new(place.store().await), id: NodeId::new(id).unwrap() };
        assert!(node.store.beat(&node.id, LEASE).await.unwrap());
        node
    }

    fn session(&self, name: &str) -> SessionRef {
        SessionRef { node: self.id.clone(), session: SessionId::new(name).unwrap() }
    }

    /// A join by a session of this node.
    fn connected(&self, name: &str) -> Join {
        Join { tie: Tie::Session(self.session(&format!("s-{name}"))), ..durable(name) }
    }

    /// The end of [`connected`](Self::connected).
    async fn disconnect(&self, at: &GroupRef, name: &str) -> Option<u64> {
        let leave = Leave::Session(self.session(&format!("s-{name}")));
        self.store.leave(at, &user(name), leave, alone()).await.unwrap().map(|left| left.count)
    }

    /// A join to a group that becomes super above 3 members, and whose list is not shown then.
    fn guest(&self, name: &str) -> Join {
        Join { super_above: Some(3), super_listed: false, ..self.connected(name) }
    }

    async fn state(&self, at: &GroupRef) -> RosterState {
        self.store.roster_state(at).await.unwrap()
    }

    /// Lets the node's lease be over.
    async fn expire(&self, by: &Node) {
        by.store.beat(&self.id, Duration::ZERO).await.unwrap();
    }

    /// Ends what dead nodes held, `limit` at a time.
    async fn reap_all(&self, limit: usize) -> Vec<Departed> {
        let mut departed = Vec::new();
        loop {
            let reaped = self.store.reap(limit, alone()).await.unwrap();
            departed.extend(reaped.departed);
            if !reaped.more {
                return departed;
            }
        }
    }
}

pub(crate) async fn three(place: &Postgres) -> [Node; 3] {
    [Node::start(place, "a").await, Node::start(place, "b").await, Node::start(place, "c").await]
}

/// Waits until something holds that other nodes' tasks bring about.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            sleep(LOOK).await;
        }
    };
    assert!(timeout(PATIENCE, wait).await.is_ok(), "{what}");
}

/// Checks that every node finds the roster's members at their ranks, and none beyond.
async fn check_ranks(nodes: &[Node], at: &GroupRef) {
    let members = roster(&*nodes[0].store, at).await;
    for (rank, node) in (0..=members.len()).zip(nodes.iter().cycle()) {
        for order in [Order::Ascending, Order::Descending] {
            let query = PageQuery { order, window: Window { skip: rank as u64, limit: 1 } };
            let page = node.store.roster_page(at, query).await.unwrap();
            let expected = match order {
                Order::Ascending => members.get(rank),
                Order::Descending => members.iter().rev().nth(rank),
            };
            assert_eq!((page.entries.first(), page.total), (expected, members.len() as u64));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joins_and_leaves_of_all_nodes_take_their_turns() {
    let place = Postgres::new();
    let nodes = three(&place).await;
    let g = one_group(&*nodes[0].store).await;
    let mut tasks = Vec::new();
    for (worker, node) in (0..24).zip(nodes.iter().cycle()) {
        let (g, node) = (g.clone(), Node { store: Arc::clone(&node.store), id: node.id.clone() });
        tasks.push(tokio::spawn(async move {
            let mut numbers = Vec::new();
            for round in 0..30 {
                let name = format!("u{worker}-{round}");
                let join = if round % 2 == 0 { durable(&name) } else { node.connected(&name) };
                let (member, fresh, _) = admitted(&*node.store, &g, join).await;
                assert!(fresh);
                numbers.push(member.number);
                if round % 3 == 0 {
                    assert!(node.store.leave(&g, &user(&name), Leave::Any, alone()).await.unwrap().is_some());
                }
            }
            numbers
        }));
    }
    let mut all = BTreeSet::new();
    for task in tasks {
        let numbers = task.await.unwrap();
        assert!(numbers.is_sorted_by(|one, next| one < next), "a later join has a lower number");
        for number in numbers {
            assert!(all.insert(number), "{number} was given twice");
        }
    }
    for node in &nodes {
        let expected = RosterState { count: 24 * 20, views: 24 * 30, super_group: false };
        assert_eq!(node.state(&g).await, expected);
    }
    check_ranks(&nodes, &g).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capacity_holds_over_all_nodes() {
    let place = Postgres::new();
    let nodes = three(&place).await;
    let g = one_group(&*nodes[0].store).await;
    let join = |(n, node): (usize, &Node)| {
        let (store, g) = (Arc::clone(&node.store), g.clone());
        let join = Join { capacity: Some(8), ..node.connected(&format!("u{n}")) };
        tokio::spawn(async move { store.join(&g, join, alone()).await.unwrap() })
    };
    let joins: Vec<_> = (0..60).zip(nodes.iter().cycle()).map(join).collect();
    let mut admitted = 0;
    for join in joins {
        match join.await.unwrap() {
            Admission::Admitted { fresh, count, .. } => {
                assert!(fresh && count <= 8);
                admitted += 1;
            }
            other => assert_eq!(other, Admission::Full),
        }
    }
    assert_eq!((admitted, roster(&*nodes[2].store, &g).await.len()), (8, 8));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_session_on_another_node_takes_a_membership_over() {
    let place = Postgres::new();
    let [a, b, _] = three(&place).await;
    let g = one_group(&*a.store).await;
    let (member, ..) = admitted(&*a.store, &g, a.connected("u")).await;
    assert_eq!(admitted(&*b.store, &g, b.connected("u")).await, (member, false, 1));
    assert_eq!(a.disconnect(&g, "u").await, None);
    a.expire(&b).await;
    assert_eq!(b.reap_all(10).await, []);
    assert_eq!(names(&*b.store, &g).await, ["u"]);
    assert_eq!(b.disconnect(&g, "u").await, Some(0));
}

/// Five groups with members of node `c`: sessions alone, durable members with a session, and others' of both kinds.
async fn held_by_c(nodes: &[Node; 3]) -> Vec<GroupRef> {
    let mut groups = vec![one_group(&*nodes[0].store).await];
    for id in ["h", "i", "j", "k"] {
        groups.push(with_group(&*nodes[0].store, "a", id).await);
    }
    let [a, _, c] = nodes;
    for g in &groups {
        for n in 0..30 {
            admitted(&*c.store, g, c.connected(&format!("c{n}"))).await;
        }
        admitted(&*a.store, g, durable("both")).await;
        admitted(&*c.store, g, c.connected("both")).await;
        admitted(&*a.store, g, a.connected("other")).await;
        admitted(&*a.store, g, durable("durable")).await;
    }
    for n in 0..30 {
        c.store.sign_in(&app_id("a"), &user(&format!("c{n}")), c.session("s"), alone()).await.unwrap();
    }
    a.store.sign_in(&app_id("a"), &user("other"), a.session("s"), alone()).await.unwrap();
    groups
}

/// Checks that nothing of [`held_by_c`] is held by `c` any more, and that each end was told once.
async fn check_reaped(nodes: &[Node; 3], groups: &[GroupRef], departed: &[Departed]) {
    let mut told = BTreeMap::<_, u64>::new();
    for one in departed {
        *told.entry((one.group.clone(), one.user.clone().unwrap())).or_default() += 1;
    }
    let expected: BTreeMap<_, u64> =
        groups.iter().flat_map(|g| (0..30).map(move |n| ((g.clone(), user(&format!("c{n}"))), 1))).collect();
    assert_eq!(told, expected);
    for g in groups {
        assert_eq!(names(&*nodes[1].store, g).await, ["both", "other", "durable"]);
        assert_eq!(nodes[0].state(g).await, RosterState { count: 3, views: 33, super_group: false });
        let members = roster(&*nodes[1].store, g).await;
        assert_eq!(members.iter().map(|one| one.connected).collect::<Vec<_>>(), [false, true, false]);
        check_ranks(nodes, g).await;
    }
    let sessions = nodes[1].store.sessions(&app_id("a"), &[user("c1"), user("other")]).await.unwrap();
    assert_eq!(sessions.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_reap_at_once_tell_each_end_once() {
    let place = Postgres::new();
    let nodes = three(&place).await;
    let groups = held_by_c(&nodes).await;
    nodes[2].expire(&nodes[0]).await;
    // A node that is busy is passed over, so each asks again until all is told.
    let all = std::sync::Mutex::new(Vec::new());
    let reap = async |node: &Node| {
        until("all ends are told", async || {
            let departed = node.reap_all(7).await;
            let mut all = all.lock().unwrap();
            all.extend(departed);
            all.len() >= 150
        })
        .await;
    };
    tokio::join!(reap(&nodes[0]), reap(&nodes[1]));
    until("the node's end is finished", async || !nodes[0].store.reap(1_000, alone()).await.unwrap().more)
        .await;
    let departed = all.lock().unwrap().clone();
    check_reaped(&nodes, &groups, &departed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_finishes_what_a_reaper_left() {
    let place = Postgres::new();
    let nodes = three(&place).await;
    let groups = held_by_c(&nodes).await;
    nodes[2].expire(&nodes[0]).await;
    let first = nodes[0].store.reap(40, alone()).await.unwrap();
    assert!(first.more && first.departed.len() <= 40 && !first.departed.is_empty());
    // Half-ended is dead: the rest is not to be had back.
    assert!(!nodes[2].store.beat(&nodes[2].id, LEASE).await.unwrap());
    let mut departed = first.departed;
    departed.extend(nodes[1].reap_all(1_000).await);
    check_reaped(&nodes, &groups, &departed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_with_a_node_is_owed_to_those_who_are_told() {
    let place = Postgres::new();
    let [a, _, c] = three(&place).await;
    let told = App { callback_url: Some("http://127.0.0.1/".to_owned()), ..app("told") };
    a.store.records().create_app(told, None, alone()).await.unwrap();
    a.store.records().create_app(app("silent"), None, alone()).await.unwrap();
    for name in ["told", "silent"] {
        let g = with_group(&*a.store, name, "g").await;
        admitted(&*a.store, &g, durable("both")).await;
        for user in ["z", "both", "b"] {
            admitted(&*c.store, &g, c.connected(user)).await;
        }
        c.store.sign_in(&g.app, &user("b"), c.session("s-b"), alone()).await.unwrap();
    }
    c.expire(&a).await;
    while a.store.reap(1_000, finding()).await.unwrap().more {}
    let tie = |name: &str| (user(name), Some(c.session(&format!("s-{name}")).session));
    let of = UserSession { user: user("b"), session: c.session("s-b").session };
    let expected = [
        CallbackEvent::AllLeft(GroupId::new("g").unwrap(), vec![tie("z"), tie("b")]),
        CallbackEvent::LoggedOff(of, LogoffReason::Lost),
    ];
    assert_eq!(owed_events(&*a.store).await, expected);
}

fn is_fenced<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    let error = answer.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(why) if why.contains("lease")), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_node_ties_nothing_to_itself() {
    let place = Postgres::new();
    let [a, b, c] = three(&place).await;
    let g = one_group(&*a.store).await;
    admitted(&*c.store, &g, c.connected("u")).await;
    // Late, and nobody has noticed.
    c.expire(&a).await;
    admitted(&*c.store, &g, c.connected("v")).await;
    assert!(c.store.beat(&c.id, LEASE).await.unwrap());
    assert_eq!(a.reap_all(10).await, []);
    c.expire(&a).await;
    assert_eq!(b.reap_all(10).await.len(), 2);
    is_fenced(c.store.join(&g, c.connected("u"), alone()).await);
    is_fenced(c.store.sign_in(&app_id("a"), &user("u"), c.session("s"), alone()).await);
    assert!(!c.store.beat(&c.id, LEASE).await.unwrap());
    // What hangs on no session it may do, and under another name everything.
    admitted(&*c.store, &g, durable("d")).await;
    let again = Node { store: Arc::clone(&c.store), id: NodeId::new("c2").unwrap() };
    is_fenced(again.store.join(&g, again.connected("u"), alone()).await);
    assert!(again.store.beat(&again.id, LEASE).await.unwrap());
    admitted(&*again.store, &g, again.connected("u")).await;
    assert_eq!(names(&*a.store, &g).await, ["d", "u"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_tied_to_a_node_after_its_end() {
    let place = Postgres::new();
    let [a, b, c] = three(&place).await;
    let g = one_group(&*a.store).await;
    let joiners: Vec<_> = (0..16)
        .map(|worker| {
            let (g, c) = (g.clone(), Node { store: Arc::clone(&c.store), id: c.id.clone() });
            tokio::spawn(async move {
                for round in 0.. {
                    let name = format!("u{worker}-{round}");
                    if c.store.join(&g, c.connected(&name), alone()).await.is_err() {
                        return;
                    }
                    c.store.sign_in(&app_id("a"), &user(&name), c.session("s"), alone()).await.ok();
                }
            })
        })
        .collect();
    until("somebody has joined", async || a.state(&g).await.count > 50).await;
    c.expire(&a).await;
    until("the node is ended", async || b.store.reap(100, alone()).await.unwrap().more).await;
    b.reap_all(100).await;
    for joiner in joiners {
        joiner.await.unwrap();
    }
    assert_eq!(names(&*a.store, &g).await, [""; 0]);
    assert_eq!(a.state(&g).await.count, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_super_group_is_counted_by_its_nodes() {
    let place = Postgres::new();
    let [a, b, c] = three(&place).await;
    let g = one_group(&*a.store).await;
    for n in 0..4 {
        admitted(&*a.store, &g, a.guest(&format!("row{n}"))).await;
    }
    assert!(b.state(&g).await.super_group);
    for (node, guests) in [(&a, 2), (&b, 5), (&c, 6)] {
        for n in 0..guests {
            let name = format!("{}{n}", node.id);
            let (member, fresh, _) = admitted(&*node.store, &g, node.guest(&name)).await;
            assert!(fresh && member.connected && member.user == user(&name));
            assert_eq!(node.store.find_members(&g, &[user(&name)]).await.unwrap(), [Some(member)]);
        }
    }
    let all = RosterState { count: 17, views: 17, super_group: true };
    for node in [&a, &b, &c] {
        until("all are counted", async || node.state(&g).await == all).await;
    }
    // Only those of the time before have rows.
    assert_eq!(roster(&*b.store, &g).await.len(), 4);
    // Another session of a guest, and of one with a row.
    let later = Join { tie: Tie::Session(b.session("later")), ..b.guest("b0") };
    assert!(!admitted(&*b.store, &g, later).await.1);
    assert_eq!(b.disconnect(&g, "b0").await, None);
    assert!(!admitted(&*b.store, &g, b.guest("row0")).await.1);
    assert_eq!(a.disconnect(&g, "row0").await, None);
    assert_eq!(b.state(&g).await, all);
    assert_eq!(b.store.leave(&g, &user("b0"), Leave::Any, alone()).await.unwrap(), left(16));
    assert_eq!(b.disconnect(&g, "row0").await, Some(15));
    // A node dies.
    until("all nodes agree", async || a.state(&g).await.count == 15).await;
    c.expire(&a).await;
    assert_eq!(a.reap_all(10).await, [Departed { group: g.clone(), user: None }]);
    assert_eq!((a.state(&g).await.count, b.state(&g).await.count), (9, 9));
    // All leave.
    for (node, names) in
        [(&a, ["row1", "row2", "row3", "a0", "a1"].as_slice()), (&b, &["b1", "b2", "b3", "b4"])]
    {
        for name in names {
            assert!(node.disconnect(&g, name).await.is_some(), "{name}");
        }
    }
    let none = RosterState { count: 0, views: 17, super_group: false };
    until("the group is empty", async || a.state(&g).await == none && b.state(&g).await == none).await;
    let (member, fresh, count) = admitted(&*b.store, &g, b.guest("b0")).await;
    assert!(fresh && count == 1 && member.number == 5);
    assert_eq!(names(&*a.store, &g).await, ["b0"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_of_a_counted_user_changes_on_the_node_that_counts_it() {
    let place = Postgres::new();
    let nodes = three(&place).await;
    let g = one_group(&*nodes[0].store).await;
    for name in ["a", "b", "c", "d", "e"] {
        admitted(&*nodes[0].store, &g, nodes[0].guest(name)).await;
    }
    let (app, e, info) = (app_id("a"), user("e"), Some(Arc::from("new")));
    let told = async || {
        let found = nodes[0].store.find_members(&g, std::slice::from_ref(&e)).await.unwrap();
        found[0].as_ref().unwrap().info.as_deref().unwrap().to_owned()
    };
    let put = nodes[1].store.put_user_info(&app, &e, info.clone(), alone()).await.unwrap();
    assert!(put.groups.is_empty(), "another node counts it");
    assert_eq!(told().await, "info of e\0");
    nodes[0].store.put_counted_info(&app, &e, info.as_ref());
    assert_eq!(told().await, "new");
    let put = nodes[0].store.put_user_info(&app, &e, Some("newer".into()), alone()).await.unwrap();
    assert_eq!(put.groups, std::slice::from_ref(&g.group));
    assert_eq!(told().await, "newer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_super_group_that_empties_and_fills_is_counted_exactly() {
    let place = Postgres::new();
    let nodes = three(&place).await;
    let g = one_group(&*nodes[0].store).await;
    let mut tasks = Vec::new();
    for (worker, node) in (0..12).zip(nodes.iter().cycle()) {
        let (g, node) = (g.clone(), Node { store: Arc::clone(&node.store), id: node.id.clone() });
        tasks.push(tokio::spawn(async move {
            let mut joined = 0;
            for round in 0..200 {
                let name = format!("u{worker}-{}", round % 3);
                joined += u64::from(admitted(&*node.store, &g, node.guest(&name)).await.1);
                // Now and then a quarter of a second passes, so that what is counted is written meanwhile.
                if round % 90 == 89 {
                    sleep(Duration::from_millis(300)).await;
                }
                assert!(node.disconnect(&g, &name).await.is_some());
                if worker % 4 == 0 && round % 7 == 0 {
                    joined += u64::from(admitted(&*node.store, &g, node.guest(&name)).await.1);
                }
            }
            joined
        }));
    }
    let mut views = 0;
    for task in tasks {
        views += task.await.unwrap();
    }
    let mut left = 0;
    for (worker, node) in (0..12).zip(nodes.iter().cycle()) {
        for n in 0..3 {
            let found = node.store.find_members(&g, &[user(&format!("u{worker}-{n}"))]).await.unwrap();
            left += found.iter().flatten().count() as u64;
        }
    }
    for node in &nodes {
        until("all nodes agree", async || {
            let state = node.state(&g).await;
            (state.count, state.views) == (left, views)
        })
        .await;
    }
    for (worker, node) in (0..12).zip(nodes.iter().cycle()) {
        for n in 0..3 {
            node.disconnect(&g, &format!("u{worker}-{n}")).await;
        }
    }
    let none = RosterState { count: 0, views, super_group: false };
    for node in &nodes {
        until("the group is empty", async || node.state(&g).await == none).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_super_group_admits_nobody_on_any_node() {
    let place = Postgres::new();
    let [a, b, _] = three(&place).await;
    let g = one_group(&*a.store).await;
    for n in 0..8 {
        admitted(&*a.store, &g, a.guest(&format!("a{n}"))).await;
        admitted(&*b.store, &g, b.guest(&format!("b{n}"))).await;
    }
    a.store.delete_group(&g, Deletion { at: Millis(9), by: None }, end_of(&g, Millis(9))).await.unwrap();
    assert_eq!(a.store.join(&g, a.guest("late"), alone()).await.unwrap(), Admission::NoGroup);
    assert_eq!(b.state(&g).await.count, 0);
    // The other node has the count to write before it learns it.
    until("the other node knows", async || {
        b.store.join(&g, b.guest("late"), alone()).await.unwrap() == Admission::NoGroup
    })
    .await;
    assert_eq!(b.store.find_members(&g, &[user("b7")]).await.unwrap(), [None]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovered_super_group_counts_nobody_who_was_in_it_on_any_node() {
    let place = Postgres::new();
    let [a, b, _] = three(&place).await;
    let g = one_group(&*a.store).await;
    for n in 0..8 {
        admitted(&*a.store, &g, a.guest(&format!("a{n}"))).await;
        admitted(&*b.store, &g, b.guest(&format!("b{n}"))).await;
    }
    until("all are counted", async || a.state(&g).await.count == 16 && b.state(&g).await.count == 16).await;
    a.store.delete_group(&g, Deletion { at: Millis(9), by: None }, end_of(&g, Millis(9))).await.unwrap();
    a.store.recover_group(&g, Millis(0), None, alone()).await.unwrap();
    // What the other node does when it hears of the end.
    b.store.dismiss_counted(&g);
    let none = RosterState { count: 0, views: 16, super_group: false };
    for node in [&a, &b] {
        until("nobody is counted", async || node.state(&g).await == none).await;
    }
    let (_, fresh, count) = admitted(&*b.store, &g, b.guest("b7")).await;
    assert!(fresh && count == 1);
    until("one is counted", async || a.state(&g).await.count == 1 && b.state(&g).await.count == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_sees_who_holds_a_lease_and_for_how_long_another_has_been_gone() {
    let place = Postgres::new();
    let [a, b, c] = three(&place).await;
    let named = async |within| -> Vec<(String, bool)> {
        let leases = a.store.leases(within).await.unwrap();
        leases.into_iter().map(|lease| (lease.node.to_string(), lease.over_for.is_some())).collect()
    };
    let [held_a, held_b, held_c] = ["a", "b", "c"].map(|name| (name.to_owned(), false));
    assert_eq!(named(LEASE).await, [held_a.clone(), held_b.clone(), held_c]);
    c.expire(&b).await;
    let gone = ("c".to_owned(), true);
    assert_eq!(named(LEASE).await, [held_a.clone(), held_b.clone(), gone.clone()]);
    b.reap_all(10).await;
    assert_eq!(
        named(LEASE).await,
        [held_a.clone(), held_b.clone(), gone],
        "also when what it held was ended"
    );
    assert_eq!(
        named(Duration::ZERO).await,
        [held_a, held_b],
        "and it is told of for as long as is asked for"
    );
}
