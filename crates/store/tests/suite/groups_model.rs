//! Lists of groups against a naive model.

use muster_core::{
    group::{Deletion, Group, GroupFilter, Order, Window},
    id::GroupRef,
    store::{GroupCreated, GroupDeleted, Store},
    time::Millis,
};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::{
    make::{alone, app_id, at, end_of, group, with_app},
    place::{Memory, Place, Postgres, Sqlite},
};

const IDS: usize = 12;

#[derive(Clone, Debug)]
enum Step {
    Create(usize),
    Delete(usize),
    Purge,
    List { filter: GroupFilter, order: Order, skip: u64, limit: usize },
    Walk { filter: GroupFilter, order: Order, limit: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let filter =
        || prop_oneof![Just(GroupFilter::All), Just(GroupFilter::Existing), Just(GroupFilter::Deleted)];
    let order = || prop_oneof![Just(Order::Ascending), Just(Order::Descending)];
    prop_oneof![
        6 => (0..IDS).prop_map(Step::Create),
        3 => (0..IDS).prop_map(Step::Delete),
        1 => Just(Step::Purge),
        3 => (filter(), order(), 0..14_u64, 0..7_usize)
            .prop_map(|(filter, order, skip, limit)| Step::List { filter, order, skip, limit }),
        2 => (filter(), order(), 1..5_usize).prop_map(|(filter, order, limit)| Step::Walk { filter, order, limit }),
    ]
}

/// Groups in the order of creation.
#[derive(Default)]
struct Model(Vec<Group>);

impl Model {
    fn find(&self, at: &GroupRef) -> Option<usize> {
        self.0.iter().position(|group| group.at == *at)
    }

    fn list(&self, filter: GroupFilter, order: Order) -> Vec<Group> {
        let fits = |group: &&Group| match filter {
            GroupFilter::All => true,
            GroupFilter::Existing => group.deletion.is_none(),
            GroupFilter::Deleted => group.deletion.is_some(),
        };
        let mut list: Vec<_> = self.0.iter().filter(fits).cloned().collect();
        if order == Order::Descending {
            list.reverse();
        }
        list
    }
}

async fn run(store: &dyn Store, model: &mut Model, step: Step, now: i64) {
    let id = |n: usize| at("a", &format!("g{n}"));
    match step {
        Step::Create(n) => {
            let made = Group { created_at: Millis(now), ..group("a", &format!("g{n}")) };
            match store.create_group(made.clone(), None, alone()).await.unwrap() {
                GroupCreated::Created(created, _) => {
                    assert!(model.find(&id(n)).is_none());
                    assert!(model.0.iter().all(|group| group.number < created.number));
                    assert_eq!(created, Group { number: created.number, ..made });
                    model.0.push(created);
                }
                GroupCreated::Exists(there) => assert_eq!(there, model.0[model.find(&id(n)).unwrap()]),
                GroupCreated::TooMany => panic!("there is no limit"),
            }
        }
        Step::Delete(n) => {
            let deletion = Deletion { at: Millis(now), by: None };
            let deleted =
                store.delete_group(&id(n), deletion.clone(), end_of(&id(n), deletion.at)).await.unwrap();
            let there = model.find(&id(n)).filter(|&at| model.0[at].deletion.is_none());
            match there {
                Some(at) => {
                    assert_eq!(deleted, GroupDeleted::Deleted(vec![1]));
                    model.0[at].deletion = Some(deletion);
                }
                None => assert_eq!(deleted, GroupDeleted::Missing),
            }
        }
        Step::Purge => {
            // Groups deleted in the last ten steps stay.
            let before = Millis(now - 10);
            while store.purge(Millis(now), before).await.unwrap() > 0 {}
            model.0.retain(|group| group.deletion.as_ref().is_none_or(|deletion| deletion.at > before));
        }
        Step::List { filter, order, skip, limit } => {
            let page = store.groups(&app_id("a"), filter, order, Window { skip, limit }).await.unwrap();
            let list = model.list(filter, order);
            assert_eq!(page.total, list.len() as u64);
            let skip = usize::try_from(skip).unwrap();
            assert_eq!(page.entries, list.into_iter().skip(skip).take(limit).collect::<Vec<_>>());
        }
        Step::Walk { filter, order, limit } => {
            let (mut after, mut seen) = (None, Vec::new());
            loop {
                let part = store.walk_groups(&app_id("a"), filter, order, after, limit).await.unwrap();
                after = part.entries.last().map(|group| group.number).or(after);
                seen.extend(part.entries);
                if !part.more {
                    break;
                }
            }
            assert_eq!(seen, model.list(filter, order));
        }
    }
    for group in &model.0 {
        assert_eq!(store.group(&group.at).await.unwrap().as_deref(), Some(group));
    }
}

#[test]
fn groups_are_listed_as_a_list_would_on_memory() {
    groups_are_listed_as_a_list_would(|| Memory);
}

#[test]
fn groups_are_listed_as_a_list_would_on_sqlite() {
    groups_are_listed_as_a_list_would(Sqlite::new);
}

#[test]
fn groups_are_listed_as_a_list_would_on_postgres() {
    groups_are_listed_as_a_list_would(Postgres::new);
}

fn groups_are_listed_as_a_list_would<P: Place>(new: fn() -> P) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut runner = TestRunner::new(ProptestConfig { cases: 32, ..ProptestConfig::default() });
    runner
        .run(&prop::collection::vec(step(), 1..60), |steps| {
            runtime.block_on(async {
                let place = new();
                let store = place.open();
                with_app(&*store, "other").await;
                with_app(&*store, "a").await;
                let other = group("other", "g0");
                store.create_group(other, None, alone()).await.unwrap();
                let mut model = Model::default();
                for (now, step) in (100..).zip(steps) {
                    run(&*store, &mut model, step, now).await;
                }
                store.close().await.unwrap();
            });
            Ok(())
        })
        .unwrap();
}
