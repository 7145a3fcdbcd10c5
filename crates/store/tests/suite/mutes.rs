//! Mutes.

use muster_core::{
    group::{Deletion, Window},
    message::Positions,
    mute::{Mute, MuteKind},
    time::Millis,
};

use crate::{
    make::{alone, app, at, end_of, user, with_group},
    place::Place,
};

over_every_store!(
    the_later_mute_takes_the_place_of_the_one_before,
    mutes_are_listed_by_user_and_page,
    mutes_go_with_their_group,
);

fn mute(group: &str, name: &str, kind: MuteKind) -> Mute {
    Mute { at: at("a", group), user: user(name), kind, until: None, put_at: Millis(5) }
}

async fn the_later_mute_takes_the_place_of_the_one_before(place: &impl Place) {
    let store = place.open();
    let g = at("a", "g");
    let ends = Mute { until: Some(Millis(9)), ..mute("g", "u", MuteKind::Spared) };
    for put in [mute("g", "u", MuteKind::Muted), mute("other", "u", MuteKind::Muted), ends.clone()] {
        store.records().put_mute(put, alone()).await.unwrap();
    }
    assert_eq!(store.records().mute(&g, &user("u")).await.unwrap(), Some(ends));
    assert_eq!(store.records().mute(&g, &user("v")).await.unwrap(), None);
    for answer in [Some(Positions::new()), None] {
        assert_eq!(store.records().remove_mute(&g, &user("u"), alone()).await.unwrap(), answer);
    }
    assert_eq!(store.records().mute(&g, &user("u")).await.unwrap(), None);
    assert!(store.records().mute(&at("a", "other"), &user("u")).await.unwrap().is_some());
}

async fn mutes_are_listed_by_user_and_page(place: &impl Place) {
    let store = place.open();
    for name in ["c", "B", "a", "z"] {
        store.records().put_mute(mute("g", name, MuteKind::Muted), alone()).await.unwrap();
    }
    let g = at("a", "g");
    let page = |skip, limit| store.records().mutes(&g, Window { skip, limit });
    let names = |mutes: Vec<Mute>| mutes.into_iter().map(|mute| mute.user.to_string()).collect::<Vec<_>>();
    let first = page(0, 3).await.unwrap();
    assert_eq!((first.total, names(first.entries)), (4, ["B", "a", "c"].map(str::to_owned).to_vec()));
    let rest = page(3, 3).await.unwrap();
    assert_eq!((rest.total, names(rest.entries)), (4, vec!["z".to_owned()]));
    assert_eq!(page(u64::MAX, 3).await.unwrap().entries, []);
}

async fn mutes_go_with_their_group(place: &impl Place) {
    let store = place.open();
    store.records().create_app(app("a"), None, alone()).await.unwrap();
    let (gone, there) = (with_group(&*store, "a", "gone").await, with_group(&*store, "a", "there").await);
    for group in ["gone", "there"] {
        store.records().put_mute(mute(group, "u", MuteKind::Muted), alone()).await.unwrap();
    }
    let deletion = Deletion { at: Millis(10), by: None };
    store.delete_group(&gone, deletion, end_of(&gone, Millis(10))).await.unwrap();
    assert!(store.records().mute(&gone, &user("u")).await.unwrap().is_some());
    while store.purge(Millis(20), Millis(10)).await.unwrap() > 0 {}
    assert_eq!(store.records().mute(&gone, &user("u")).await.unwrap(), None);
    assert!(store.records().mute(&there, &user("u")).await.unwrap().is_some());
}
