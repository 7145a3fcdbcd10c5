//! Rosters.

use std::collections::BTreeSet;

use muster_core::{
    group::{Order, Window},
    id::GroupRef,
    roster::{Admission, Join, Leave, PageQuery, RosterState, Tie, WalkQuery},
    store::Store,
    time::Millis,
};

use crate::{
    make::{
        admitted, alone, app_id, at, connected, disconnect, durable, left, names, one_group, roster, session,
        user, with_group,
    },
    place::{LastingPlace, Place},
};

over_every_store!(
    a_member_joins_once,
    a_durable_join_of_a_connected_member_makes_the_membership_durable,
    a_session_ties_itself_to_a_durable_member,
    a_later_session_takes_a_membership_over,
    a_kick_ends_any_membership,
    pages_and_walks_mix_both_ties_in_one_order,
    members_are_found_by_name_in_the_order_asked,
    a_full_group_admits_members_and_nobody_else,
    concurrent_joins_never_exceed_the_capacity,
    concurrent_joins_of_one_user_make_one_membership,
    the_same_user_in_two_applications_is_two_members,
    many_join_and_leave_at_once_and_the_count_is_exact,
    pages_under_churn_hold_members_alone,
    a_visitor_is_counted_once_however_often_it_comes,
    visitors_are_counted_exactly_while_many_come_at_once;
    lasting:
    visitors_outlast_the_process,
    numbers_rise_and_are_never_given_again,
    a_group_becomes_super_above_its_bound_and_until_it_is_empty,
);

async fn a_member_joins_once(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let (first, fresh, count) = admitted(&*store, &g, durable("u")).await;
    assert!(fresh && count == 1 && first.number == 1 && !first.connected);
    assert_eq!((first.user.as_str(), first.info.as_deref()), ("u", Some("info of u\0")));
    let again = Join { info: None, at: Millis(9_999), ..durable("u") };
    assert_eq!(admitted(&*store, &g, again).await, (first, false, 1));
    let (second, fresh, count) = admitted(&*store, &g, Join { info: None, ..connected("v") }).await;
    assert!(fresh && count == 2 && second.number > 1 && second.connected && second.info.is_none());
    let again = Join { at: Millis(9_999), ..connected("v") };
    assert_eq!(admitted(&*store, &g, again).await, (second, false, 2));
    assert_eq!(store.roster_state(&g).await.unwrap().views, 2);
}

async fn a_durable_join_of_a_connected_member_makes_the_membership_durable(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let (member, ..) = admitted(&*store, &g, connected("u")).await;
    admitted(&*store, &g, durable("v")).await;
    let promoted = Join { info: Some("other".into()), at: Millis(9_999), ..durable("u") };
    assert_eq!(admitted(&*store, &g, promoted).await, (member.clone(), false, 2));
    // The connection's end is not the membership's any more.
    assert_eq!(store.leave(&g, &user("u"), disconnect("u"), alone()).await.unwrap(), None);
    let standing = muster_core::roster::Member { connected: false, ..member };
    assert_eq!(roster(&*store, &g).await[0], standing);
    assert_eq!(roster(&*place.again(store), &g).await[0], standing);
}

async fn a_session_ties_itself_to_a_durable_member(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let (member, ..) = admitted(&*store, &g, durable("u")).await;
    let (tied, fresh, count) = admitted(&*store, &g, connected("u")).await;
    assert_eq!((fresh, count), (false, 1));
    assert_eq!(tied, muster_core::roster::Member { connected: true, ..member.clone() });
    assert!(roster(&*store, &g).await[0].connected);
    assert!(store.find_members(&g, &[user("u")]).await.unwrap()[0].as_ref().unwrap().connected);
    assert_eq!(store.leave(&g, &user("u"), Leave::Session(session("other")), alone()).await.unwrap(), None);
    assert!(roster(&*store, &g).await[0].connected);
    assert_eq!(store.leave(&g, &user("u"), disconnect("u"), alone()).await.unwrap(), None);
    assert_eq!(roster(&*store, &g).await, [member]);
}

async fn a_later_session_takes_a_membership_over(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let (member, ..) = admitted(&*store, &g, connected("u")).await;
    let later = Join { tie: Tie::Session(session("later")), ..connected("u") };
    assert_eq!(admitted(&*store, &g, later).await, (member, false, 1));
    assert_eq!(store.leave(&g, &user("u"), disconnect("u"), alone()).await.unwrap(), None);
    assert_eq!(names(&*store, &g).await, ["u"]);
    assert_eq!(
        store.leave(&g, &user("u"), Leave::Session(session("later")), alone()).await.unwrap(),
        left(0)
    );
    assert_eq!(store.leave(&g, &user("u"), Leave::Session(session("later")), alone()).await.unwrap(), None);
    assert!(names(&*store, &g).await.is_empty());
}

async fn a_kick_ends_any_membership(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    admitted(&*store, &g, durable("d")).await;
    admitted(&*store, &g, connected("c")).await;
    admitted(&*store, &g, durable("both")).await;
    admitted(&*store, &g, connected("both")).await;
    for (name, left) in [("d", 2), ("both", 1), ("c", 0)] {
        assert_eq!(
            store.leave(&g, &user(name), Leave::Any, alone()).await.unwrap(),
            crate::make::left(left),
            "{name}"
        );
        assert_eq!(store.leave(&g, &user(name), Leave::Any, alone()).await.unwrap(), None, "{name}");
    }
    assert_eq!(store.leave(&at("a", "none"), &user("d"), Leave::Any, alone()).await.unwrap(), None);
    // Back as somebody new.
    let (back, fresh, _) = admitted(&*store, &g, durable("d")).await;
    assert!(fresh && back.number > 3);
    assert_eq!(store.find_members(&g, &[user("d")]).await.unwrap(), [Some(back)]);
}

async fn numbers_rise_and_are_never_given_again(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    let mut last = 0;
    let mut rises = |number| {
        assert!(number > last, "{number} after {last}");
        last = number;
    };
    for round in 0..5_000 {
        let name = format!("u{}", round % 7);
        let join = if round % 11 == 0 { durable(&name) } else { connected(&name) };
        let (member, fresh, _) = admitted(&*store, &g, join).await;
        assert!(fresh);
        rises(member.number);
        store.leave(&g, &user(&name), Leave::Any, alone()).await.unwrap();
    }
    let crashed = place.after_a_crash();
    drop(store);
    for place in [crashed.as_ref(), place as &dyn Place] {
        let store = place.open();
        let (member, ..) = admitted(&*store, &g, connected("back")).await;
        let (next, ..) = admitted(&*store, &g, durable("next")).await;
        assert!(member.number > last && next.number > member.number);
        store.close().await.unwrap();
    }
}

async fn walk(store: &dyn Store, g: &GroupRef, order: Order, limit: usize) -> Vec<String> {
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let part = store.roster_walk(g, WalkQuery { order, after, limit }).await.unwrap();
        assert!(part.entries.len() <= limit);
        seen.extend(part.entries.iter().map(|member| member.user.to_string()));
        after = muster_core::store::walk_cursor(&part.entries).or(after);
        if !part.more {
            return seen;
        }
    }
}

async fn pages_and_walks_mix_both_ties_in_one_order(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let mut expected = Vec::new();
    for n in 0..300 {
        let name = format!("u{n}");
        let join = if n % 3 == 0 { connected(&name) } else { durable(&name) };
        admitted(&*store, &g, join).await;
        expected.push(name);
    }
    for gone in [0, 1, 2, 63, 64, 150, 299] {
        store.leave(&g, &user(&format!("u{gone}")), Leave::Any, alone()).await.unwrap();
        expected.retain(|name| *name != format!("u{gone}"));
    }
    assert_eq!(names(&*store, &g).await, expected);
    let page =
        |order, skip, limit| store.roster_page(&g, PageQuery { order, window: Window { skip, limit } });
    let third = page(Order::Ascending, 40, 20).await.unwrap();
    let of_third: Vec<_> = third.entries.iter().map(|member| member.user.as_str()).collect();
    assert_eq!((of_third, third.total), (expected[40..60].iter().map(String::as_str).collect(), 293));
    let mut falling = expected.clone();
    falling.reverse();
    let last = page(Order::Descending, 280, 20).await.unwrap();
    let of_last: Vec<_> = last.entries.iter().map(|member| member.user.as_str()).collect();
    assert_eq!(of_last, falling[280..].iter().map(String::as_str).collect::<Vec<_>>());
    for beyond in [293, 294, u64::MAX] {
        for order in [Order::Ascending, Order::Descending] {
            let page = page(order, beyond, 20).await.unwrap();
            assert_eq!((page.entries.len(), page.total), (0, 293));
        }
    }
    for limit in [1, 7, 293, 1_000] {
        assert_eq!(walk(&*store, &g, Order::Ascending, limit).await, expected);
        assert_eq!(walk(&*store, &g, Order::Descending, limit).await, falling);
    }
}

async fn members_are_found_by_name_in_the_order_asked(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let (d, ..) = admitted(&*store, &g, durable("d")).await;
    let (c, ..) = admitted(&*store, &g, connected("c")).await;
    let asked = [user("x"), user("c"), user("d"), user("c")];
    let found = [None, Some(c.clone()), Some(d.clone()), Some(c)];
    for _ in 0..2 {
        assert_eq!(store.find_members(&g, &asked).await.unwrap(), found);
    }
    assert_eq!(store.find_members(&g, &[]).await.unwrap(), []);
    store.leave(&g, &user("d"), Leave::Any, alone()).await.unwrap();
    assert_eq!(store.find_members(&g, &[user("d")]).await.unwrap(), [None]);
    let (back, ..) = admitted(&*store, &g, Join { info: None, ..durable("d") }).await;
    assert_eq!(store.find_members(&g, &[user("d")]).await.unwrap(), [Some(back)]);
    assert_eq!(store.find_members(&at("a", "none"), &asked).await.unwrap(), vec![None; 4]);
}

async fn a_group_becomes_super_above_its_bound_and_until_it_is_empty(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    let bounded = |join: Join| Join { super_above: Some(3), ..join };
    let is_super = async || {
        let super_group = store.roster_state(&g).await.unwrap().super_group;
        assert_eq!(store.tally(&g).await.unwrap().super_group, super_group);
        super_group
    };
    for name in ["a", "b", "c"] {
        admitted(&*store, &g, bounded(connected(name))).await;
    }
    assert!(!is_super().await);
    admitted(&*store, &g, bounded(durable("d"))).await;
    assert!(is_super().await);
    for name in ["a", "b", "c"] {
        store.leave(&g, &user(name), disconnect(name), alone()).await.unwrap();
        assert!(is_super().await);
    }
    let state = RosterState { count: 1, views: 4, super_group: true };
    assert_eq!(store.roster_state(&g).await.unwrap(), state);
    // Its durable member keeps it super over a crash.
    let crashed = place.after_a_crash();
    assert_eq!(crashed.open().roster_state(&g).await.unwrap(), state);
    store.leave(&g, &user("d"), Leave::Any, alone()).await.unwrap();
    assert!(!is_super().await);
    admitted(&*store, &g, bounded(connected("a"))).await;
    assert!(!is_super().await);
}

async fn a_full_group_admits_members_and_nobody_else(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let bounded = |join: Join| Join { capacity: Some(2), ..join };
    admitted(&*store, &g, bounded(durable("d"))).await;
    admitted(&*store, &g, bounded(connected("c"))).await;
    for join in [durable("x"), connected("x")] {
        assert_eq!(store.join(&g, bounded(join), alone()).await.unwrap(), Admission::Full);
    }
    for join in [durable("d"), connected("d"), connected("c"), durable("c")] {
        let (_, fresh, count) = admitted(&*store, &g, bounded(join)).await;
        assert_eq!((fresh, count), (false, 2));
    }
    store.leave(&g, &user("c"), Leave::Any, alone()).await.unwrap();
    admitted(&*store, &g, bounded(durable("x"))).await;
    assert_eq!(names(&*store, &g).await, ["d", "x"]);
}

async fn concurrent_joins_never_exceed_the_capacity(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let joins: Vec<_> = (0..64)
        .map(|n| {
            let (store, g) = (store.clone(), g.clone());
            let name = format!("u{n}");
            let join = if n % 2 == 0 { durable(&name) } else { connected(&name) };
            tokio::spawn(
                async move { store.join(&g, Join { capacity: Some(8), ..join }, alone()).await.unwrap() },
            )
        })
        .collect();
    let mut counts = BTreeSet::new();
    for join in joins {
        if let Admission::Admitted { count, .. } = join.await.unwrap() {
            counts.insert(count);
        }
    }
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>());
    assert_eq!(roster(&*store, &g).await.len(), 8);
}

async fn concurrent_joins_of_one_user_make_one_membership(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let joins: Vec<_> = (0..64)
        .map(|n| {
            let (store, g) = (store.clone(), g.clone());
            let join = if n % 2 == 0 { durable("u") } else { connected("u") };
            tokio::spawn(async move { admitted(&*store, &g, join).await })
        })
        .collect();
    let (mut numbers, mut fresh) = (BTreeSet::new(), 0);
    for join in joins {
        let (member, is_fresh, count) = join.await.unwrap();
        numbers.insert(member.number);
        fresh += u64::from(is_fresh);
        assert_eq!(count, 1);
    }
    assert_eq!((numbers.len(), fresh), (1, 1));
    let members = roster(&*store, &g).await;
    assert!(members.len() == 1 && members[0].connected);
    assert_eq!(store.leave(&g, &user("u"), disconnect("u"), alone()).await.unwrap(), None);
    assert_eq!(store.leave(&g, &user("u"), Leave::Any, alone()).await.unwrap(), left(0));
}

async fn the_same_user_in_two_applications_is_two_members(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    crate::make::with_app(&*store, "b").await;
    let other = with_group(&*store, "b", "g").await;
    for at in [&g, &other] {
        assert!(admitted(&*store, at, durable("u")).await.1);
    }
    store.leave(&g, &user("u"), Leave::Any, alone()).await.unwrap();
    assert_eq!(names(&*store, &other).await, ["u"]);
    assert_eq!(app_id("b"), other.app);
}

async fn many_join_and_leave_at_once_and_the_count_is_exact(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let workers: Vec<_> = (0..32)
        .map(|worker| {
            let (store, g) = (store.clone(), g.clone());
            tokio::spawn(async move {
                for round in 0..40 {
                    let name = format!("u{worker}-{}", round % 5);
                    match (worker + round) % 4 {
                        0 => drop(admitted(&*store, &g, durable(&name)).await),
                        1 => drop(store.leave(&g, &user(&name), Leave::Any, alone()).await.unwrap()),
                        2 => drop(store.leave(&g, &user(&name), disconnect(&name), alone()).await.unwrap()),
                        _ => drop(admitted(&*store, &g, connected(&name)).await),
                    }
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let members = roster(&*store, &g).await;
    assert_eq!(store.roster_state(&g).await.unwrap().count, members.len() as u64);
    let users: Vec<_> = members.iter().map(|member| member.user.clone()).collect();
    let found = store.find_members(&g, &users).await.unwrap();
    assert_eq!(found, members.iter().cloned().map(Some).collect::<Vec<_>>());
    for (left, member) in members.iter().enumerate().rev() {
        assert_eq!(
            store.leave(&g, &member.user, Leave::Any, alone()).await.unwrap(),
            crate::make::left(left as u64)
        );
    }
}

async fn pages_under_churn_hold_members_alone(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    for n in 0..200 {
        admitted(&*store, &g, durable(&format!("stay{n}"))).await;
    }
    let churn = {
        let (store, g) = (store.clone(), g.clone());
        tokio::spawn(async move {
            for round in 0..300 {
                let name = format!("pass{}", round % 10);
                admitted(&*store, &g, durable(&name)).await;
                store.leave(&g, &user(&name), Leave::Any, alone()).await.unwrap();
            }
        })
    };
    while !churn.is_finished() {
        let seen = walk(&*store, &g, Order::Ascending, 30).await;
        let stayed: Vec<_> = seen.iter().filter(|name| name.starts_with("stay")).cloned().collect();
        assert_eq!(stayed, (0..200).map(|n| format!("stay{n}")).collect::<Vec<_>>());
        let query = PageQuery { order: Order::Descending, window: Window { skip: 0, limit: 5 } };
        let page = store.roster_page(&g, query).await.unwrap();
        assert!(page.entries.windows(2).all(|pair| pair[0].number > pair[1].number));
    }
    churn.await.unwrap();
}

async fn a_visitor_is_counted_once_however_often_it_comes(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let visit = |join: Join| Join { visitor: true, ..join };
    for round in 0..3 {
        for name in ["a", "b"] {
            admitted(&*store, &g, visit(durable(name))).await;
            admitted(&*store, &g, visit(connected(name))).await;
        }
        admitted(&*store, &g, visit(connected("c"))).await;
        // Of this one it is not to be noted.
        admitted(&*store, &g, connected("d")).await;
        for name in ["a", "b", "c", "d"] {
            store.leave(&g, &user(name), Leave::Any, alone()).await.unwrap().unwrap();
        }
        assert_eq!(store.visitors(&g).await.unwrap(), 3, "round {round}");
    }
    assert_eq!(store.roster_state(&g).await.unwrap().views, 12);
    let full = Join { capacity: Some(0), ..visit(durable("e")) };
    assert_eq!(store.join(&g, full, alone()).await.unwrap(), Admission::Full);
    assert_eq!(store.visitors(&g).await.unwrap(), 3);
    assert_eq!(store.visitors(&at("a", "none")).await.unwrap(), 0);
}

async fn visitors_are_counted_exactly_while_many_come_at_once(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let comers: Vec<_> = (0..48)
        .map(|n| {
            let (store, g) = (store.clone(), g.clone());
            tokio::spawn(async move {
                let name = format!("u{}", n % 16);
                let join = if n % 3 == 0 { connected(&name) } else { durable(&name) };
                admitted(&*store, &g, Join { visitor: true, ..join }).await;
                store.leave(&g, &user(&name), Leave::Any, alone()).await.unwrap();
            })
        })
        .collect();
    for comer in comers {
        comer.await.unwrap();
    }
    assert_eq!(store.visitors(&g).await.unwrap(), 16);
}

async fn visitors_outlast_the_process(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    for join in [durable("d"), connected("c")] {
        admitted(&*store, &g, Join { visitor: true, ..join }).await;
    }
    let store = place.again(store);
    assert_eq!(store.visitors(&g).await.unwrap(), 2);
    admitted(&*store, &g, Join { visitor: true, ..connected("c") }).await;
    admitted(&*store, &g, Join { visitor: true, ..connected("e") }).await;
    assert_eq!(store.visitors(&g).await.unwrap(), 3);
}
