//! Rosters against a naive model: a list of members in the order of joining.

use std::collections::BTreeSet;

use muster_core::{
    group::{Order, Window},
    id::GroupRef,
    roster::{Admission, Join, JoinNumber, Leave, Member, PageQuery, Tie, WalkQuery},
    store::Store,
    time::Millis,
};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::{
    make::{alone, at, one_group, session, user},
    place::{Memory, Place, Postgres, Sqlite},
};

const USERS: usize = 12;
const SESSIONS: usize = 3;

/// A step of a history.
#[derive(Clone, Debug)]
enum Step {
    Join {
        user: usize,
        session: Option<usize>,
        capacity: Option<u64>,
        super_above: Option<u64>,
    },
    Leave {
        user: usize,
        session: Option<usize>,
    },
    Page {
        order: Order,
        skip: u64,
        limit: usize,
    },
    Find {
        users: Vec<usize>,
    },
    /// One step of the walk under way; a new walk when the last one is over.
    Walk {
        limit: usize,
    },
    Reopen,
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Order::Ascending), Just(Order::Descending)]
}

fn step() -> impl Strategy<Value = Step> {
    let session = || prop::option::weighted(0.6, 0..SESSIONS);
    prop_oneof![
        8 => (0..USERS, session(), prop::option::weighted(0.2, 1..10_u64), prop::option::weighted(0.3, 1..8_u64))
            .prop_map(|(user, session, capacity, super_above)| Step::Join { user, session, capacity, super_above }),
        5 => (0..USERS, session()).prop_map(|(user, session)| Step::Leave { user, session }),
        3 => (order(), 0..14_u64, 0..6_usize).prop_map(|(order, skip, limit)| Step::Page { order, skip, limit }),
        2 => prop::collection::vec(0..USERS, 0..5).prop_map(|users| Step::Find { users }),
        6 => (1..4_usize).prop_map(|limit| Step::Walk { limit }),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Clone, Debug)]
struct Entry {
    member: Member,
    durable: bool,
    session: Option<usize>,
}

/// The naive roster.
#[derive(Default)]
struct Model {
    entries: Vec<Entry>,
    last: JoinNumber,
    views: u64,
    visitors: BTreeSet<String>,
    super_group: bool,
}

impl Model {
    fn find(&self, name: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.member.user.as_str() == name)
    }

    fn members(&self, order: Order) -> Vec<Member> {
        let members = self.entries.iter().map(|entry| entry.member.clone());
        match order {
            Order::Ascending => members.collect(),
            Order::Descending => members.rev().collect(),
        }
    }

    /// The members that are ended by the end of the process.
    fn restart(&mut self) {
        self.entries.retain(|entry| entry.durable);
        for entry in &mut self.entries {
            entry.session = None;
            entry.member.connected = false;
        }
        self.super_group &= !self.entries.is_empty();
    }

    fn join(&mut self, join: &Join, by: Option<usize>, answer: &Admission) {
        let count = self.entries.len() as u64;
        if let Some(at) = self.find(join.user.as_str()) {
            let entry = &mut self.entries[at];
            entry.durable |= by.is_none();
            entry.session = by.or(entry.session);
            entry.member.connected = entry.session.is_some();
            let member = entry.member.clone();
            assert_eq!(*answer, Admission::Admitted { member, fresh: false, count, positions: Vec::new() });
        } else if join.capacity.is_some_and(|capacity| count >= capacity) {
            assert_eq!(*answer, Admission::Full);
        } else {
            let Admission::Admitted { member, fresh: true, count: after, .. } = answer else {
                panic!("{answer:?}")
            };
            assert!(member.number > self.last);
            assert_eq!(*after, count + 1);
            let expected = Member {
                user: join.user.clone(),
                info: join.info.clone(),
                number: member.number,
                joined_at: join.at,
                connected: by.is_some(),
            };
            assert_eq!(*member, expected);
            self.last = member.number;
            self.views += 1;
            if join.visitor {
                self.visitors.insert(join.user.to_string());
            }
            self.super_group |= join.super_above.is_some_and(|bound| *after > bound);
            self.entries.push(Entry { member: expected, durable: by.is_none(), session: by });
        }
    }

    fn leave(&mut self, name: &str, by: Option<usize>, answer: Option<u64>) {
        let Some(at) = self.find(name) else { return assert_eq!(answer, None) };
        let entry = &mut self.entries[at];
        let ends = match by {
            None => true,
            Some(_) if entry.session != by => false,
            Some(_) if entry.durable => {
                entry.session = None;
                entry.member.connected = false;
                false
            }
            Some(_) => true,
        };
        if ends {
            self.entries.remove(at);
            self.super_group &= !self.entries.is_empty();
        }
        assert_eq!(answer, ends.then_some(self.entries.len() as u64));
    }
}

/// A walk under way, checked when it is over.
struct Walk {
    order: Order,
    after: Option<JoinNumber>,
    seen: Vec<JoinNumber>,
    /// Members since the walk began who have not left.
    stayed: Vec<JoinNumber>,
}

struct Run<'a> {
    place: &'a dyn Place,
    store: std::sync::Arc<dyn Store>,
    at: GroupRef,
    model: Model,
    walk: Option<Walk>,
    walks: usize,
}

impl Run<'_> {
    async fn step(&mut self, step: Step, now: i64) {
        match step {
            Step::Join { user: who, session: by, capacity, super_above } => {
                let join = Join {
                    user: user(&format!("u{who}")),
                    info: (now % 3 != 0).then(|| format!("at {now}").into()),
                    tie: by.map_or(Tie::Durable, |by| Tie::Session(session(&format!("s{by}")))),
                    at: Millis(now),
                    capacity,
                    super_above,
                    super_listed: true,
                    visitor: now % 2 == 0,
                };
                let answer = self.store.join(&self.at, join.clone(), alone()).await.unwrap();
                self.model.join(&join, by, &answer);
            }
            Step::Leave { user: who, session: by } => {
                let leave = by.map_or(Leave::Any, |by| Leave::Session(session(&format!("s{by}"))));
                let name = format!("u{who}");
                let answer = self.store.leave(&self.at, &user(&name), leave, alone()).await.unwrap();
                self.model.leave(&name, by, answer.map(|left| left.count));
            }
            Step::Page { order, skip, limit } => {
                let query = PageQuery { order, window: Window { skip, limit } };
                let page = self.store.roster_page(&self.at, query).await.unwrap();
                let skip = usize::try_from(skip).unwrap();
                let expected: Vec<_> = self.model.members(order).into_iter().skip(skip).take(limit).collect();
                assert_eq!((page.entries, page.total), (expected, self.model.entries.len() as u64));
            }
            Step::Find { users } => {
                let users: Vec<_> = users.iter().map(|who| user(&format!("u{who}"))).collect();
                let found = self.store.find_members(&self.at, &users).await.unwrap();
                let expect = |who: &muster_core::id::UserId| {
                    self.model.find(who.as_str()).map(|at| self.model.entries[at].member.clone())
                };
                assert_eq!(found, users.iter().map(expect).collect::<Vec<_>>());
            }
            Step::Walk { limit } => self.walk(limit).await,
            Step::Reopen => {
                self.store.close().await.unwrap();
                self.store = self.place.open();
                self.model.restart();
            }
        }
        let state = self.store.roster_state(&self.at).await.unwrap();
        assert_eq!(state.count, self.model.entries.len() as u64);
        assert_eq!((state.views, state.super_group), (self.model.views, self.model.super_group));
        assert_eq!(self.store.visitors(&self.at).await.unwrap(), self.model.visitors.len() as u64);
        if let Some(walk) = &mut self.walk {
            let present =
                |number: &JoinNumber| self.model.entries.iter().any(|entry| entry.member.number == *number);
            walk.stayed.retain(present);
        }
    }

    async fn walk(&mut self, limit: usize) {
        let numbers: Vec<_> = self.model.entries.iter().map(|entry| entry.member.number).collect();
        self.walks += usize::from(self.walk.is_none());
        let order = if self.walks.is_multiple_of(2) { Order::Ascending } else { Order::Descending };
        let walk = self.walk.get_or_insert_with(|| Walk {
            order,
            after: None,
            seen: Vec::new(),
            stayed: numbers.clone(),
        });
        let query = WalkQuery { order: walk.order, after: walk.after, limit };
        let part = self.store.roster_walk(&self.at, query).await.unwrap();
        let ahead = |member: &Member| match (walk.order, walk.after) {
            (_, None) => true,
            (Order::Ascending, Some(after)) => member.number > after,
            (Order::Descending, Some(after)) => member.number < after,
        };
        let left: Vec<_> = self.model.members(walk.order).into_iter().filter(ahead).collect();
        assert_eq!(part.more, left.len() > limit);
        assert_eq!(part.entries, left.into_iter().take(limit).collect::<Vec<_>>());
        walk.seen.extend(part.entries.iter().map(|member| member.number));
        walk.after = walk.seen.last().copied().or(walk.after);
        if !part.more {
            assert!(walk.stayed.iter().all(|number| walk.seen.contains(number)), "skipped");
            let rises = walk.seen.windows(2).all(|pair| match walk.order {
                Order::Ascending => pair[0] < pair[1],
                Order::Descending => pair[0] > pair[1],
            });
            assert!(rises, "repeated");
            self.walk = None;
        }
    }
}

#[test]
fn a_roster_answers_as_a_list_would_on_memory() {
    a_roster_answers_as_a_list_would(|| Memory, false);
}

#[test]
fn a_roster_answers_as_a_list_would_on_sqlite() {
    a_roster_answers_as_a_list_would(Sqlite::new, true);
}

#[test]
fn a_roster_answers_as_a_list_would_on_postgres() {
    a_roster_answers_as_a_list_would(Postgres::new, true);
}

fn a_roster_answers_as_a_list_would<P: Place>(new: fn() -> P, lasts: bool) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut runner = TestRunner::new(ProptestConfig { cases: 48, ..ProptestConfig::default() });
    runner
        .run(&prop::collection::vec(step(), 1..120), |steps| {
            runtime.block_on(async {
                let place = new();
                let store = place.open();
                one_group(&*store).await;
                let model = Model::default();
                let mut run = Run { place: &place, store, at: at("a", "g"), model, walk: None, walks: 0 };
                let steps = steps.into_iter().filter(|step| lasts || !matches!(step, Step::Reopen));
                for (now, step) in (100..).zip(steps) {
                    run.step(step, now).await;
                }
                run.store.close().await.unwrap();
            });
            Ok(())
        })
        .unwrap();
}
