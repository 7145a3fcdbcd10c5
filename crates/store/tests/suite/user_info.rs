//! What is told of a user, changed in all its memberships at once.

use std::sync::Arc;

use muster_core::{
    group::{Deletion, Order},
    id::GroupRef,
    message::StreamRef,
    roster::{Join, WalkQuery},
    store::{Store, UserInfoPut},
    time::Millis,
};

use crate::{
    make::{
        admitted, alone, app_id, at, connected, durable, end_of, event_of, roster, user, with_app, with_group,
    },
    place::Place,
};

over_every_store!(
    it_is_changed_in_every_group_of_the_application_and_nowhere_else,
    what_was_read_before_is_not_told_afterwards,
    a_user_who_is_in_no_existing_group_changes_nothing,
    what_follows_is_stored_with_it,
);

async fn put(store: &dyn Store, name: &str, info: Option<&str>) -> Vec<String> {
    let put = store.put_user_info(&app_id("a"), &user(name), info.map(Arc::from), alone()).await.unwrap();
    assert!(put.positions.is_empty());
    put.groups.iter().map(ToString::to_string).collect()
}

/// What is told of a member wherever it is told.
async fn told(store: &dyn Store, at: &GroupRef, name: &str) -> Option<String> {
    let walk = WalkQuery { order: Order::Descending, after: None, limit: 1_000 };
    let walked = store.roster_walk(at, walk).await.unwrap().entries;
    let listed = roster(store, at).await;
    let found = store.find_members(at, &[user(name)]).await.unwrap().remove(0).unwrap();
    for members in [walked, listed] {
        assert_eq!(members.iter().find(|member| member.user == found.user), Some(&found));
    }
    found.info.map(|info| info.to_string())
}

/// Two applications with the groups `g`, `h` and `i` each.
async fn six_groups(store: &dyn Store) -> [GroupRef; 6] {
    for app in ["a", "b"] {
        with_app(store, app).await;
        for group in ["g", "h", "i"] {
            with_group(store, app, group).await;
        }
    }
    [at("a", "g"), at("a", "h"), at("a", "i"), at("b", "g"), at("b", "h"), at("b", "i")]
}

async fn it_is_changed_in_every_group_of_the_application_and_nowhere_else(place: &impl Place) {
    let store = place.open();
    let groups = six_groups(&*store).await;
    let [g, h, i, other, ..] = &groups;
    admitted(&*store, g, durable("u")).await;
    admitted(&*store, h, connected("u")).await;
    admitted(&*store, i, durable("u")).await;
    admitted(&*store, i, connected("u")).await;
    admitted(&*store, other, durable("u")).await;
    for at in [g, h, i] {
        admitted(&*store, at, durable("v")).await;
        admitted(&*store, at, connected("w")).await;
    }
    for info in [Some("new\0"), Some("new\0"), None, Some("newer")] {
        assert_eq!(put(&*store, "u", info).await, ["g", "h", "i"]);
        for at in [g, h, i] {
            assert_eq!(told(&*store, at, "u").await.as_deref(), info);
            assert_eq!(told(&*store, at, "v").await.as_deref(), Some("info of v\0"));
            assert_eq!(told(&*store, at, "w").await.as_deref(), Some("info of w\0"));
        }
        assert_eq!(told(&*store, other, "u").await.as_deref(), Some("info of u\0"));
    }
    // A membership keeps it: whoever comes back to it is told of as before.
    admitted(&*store, g, Join { info: Some("of the login".into()), ..connected("u") }).await;
    assert_eq!(told(&*store, g, "u").await.as_deref(), Some("newer"));
    let store = place.again(store);
    for at in [g, i] {
        assert_eq!(told(&*store, at, "u").await.as_deref(), Some("newer"));
    }
}

async fn what_was_read_before_is_not_told_afterwards(place: &impl Place) {
    let store = place.open();
    let [g, ..] = six_groups(&*store).await;
    for number in 0..200 {
        admitted(&*store, &g, durable(&format!("u{number}"))).await;
    }
    for number in [0, 63, 64, 199] {
        let name = format!("u{number}");
        assert_eq!(told(&*store, &g, &name).await, Some(format!("info of {name}\0")));
        assert_eq!(put(&*store, &name, Some("new")).await, ["g"]);
        assert_eq!(told(&*store, &g, &name).await.as_deref(), Some("new"));
    }
}

async fn a_user_who_is_in_no_existing_group_changes_nothing(place: &impl Place) {
    let store = place.open();
    let [g, h, ..] = six_groups(&*store).await;
    admitted(&*store, &g, durable("v")).await;
    admitted(&*store, &h, durable("u")).await;
    let deletion = Deletion { at: Millis(9_000), by: None };
    store.delete_group(&h, deletion, end_of(&h, Millis(9_000))).await.unwrap();
    assert!(put(&*store, "u", Some("new")).await.is_empty());
    let event = event_of(&StreamRef::User(app_id("a"), user("u")), place.exit(&g), Millis(1));
    for app in ["a", "none"] {
        let put = store.put_user_info(&app_id(app), &user("u"), None, event.clone()).await.unwrap();
        assert_eq!(put, UserInfoPut::default());
    }
    let top = store.top(&StreamRef::User(app_id("a"), user("u"))).await.unwrap().unwrap();
    assert_eq!(top.sequence, 0, "where nothing is changed nothing follows");
}

async fn what_follows_is_stored_with_it(place: &impl Place) {
    let store = place.open();
    let [g, ..] = six_groups(&*store).await;
    admitted(&*store, &g, connected("u")).await;
    let stream = StreamRef::Group(g.clone());
    for position in [1, 2] {
        let event = event_of(&stream, place.exit(&g), Millis(1));
        let put = store.put_user_info(&app_id("a"), &user("u"), None, event).await.unwrap();
        assert_eq!((put.groups, put.positions), (vec![g.group.clone()], vec![position]));
    }
    let nowhere = event_of(&StreamRef::Group(at("a", "none")), place.exit(&g), Millis(1));
    let kept: Arc<str> = "kept".into();
    put(&*store, "u", Some(&kept)).await;
    store.put_user_info(&app_id("a"), &user("u"), Some("lost".into()), nowhere).await.unwrap_err();
    assert_eq!(told(&*store, &g, "u").await.as_deref(), Some("kept"));
}
