//! Applications.

use muster_core::{
    app::{App, AppChange, Audit, DataCenter, Generation, Retention},
    group::{Order, Window},
    message::Positions,
    store::{AppCreated, AppFilter},
    time::Millis,
    word::Word,
};

use crate::{
    make::{account, alone, app, app_id, switched},
    place::Place,
};

over_every_store!(
    an_application_is_found_as_it_was_made,
    an_account_has_no_more_applications_of_a_generation_than_it_may,
    concurrent_makers_stay_within_the_limit,
    applications_are_listed_by_creation_with_the_length_of_the_whole,
    an_application_is_switched_off_and_on,
    a_change_leaves_what_it_does_not_name_and_what_others_change_at_once,
    applications_are_found_by_id_and_by_their_whole_name,
    an_id_is_given_once,
    a_deleted_application_is_not_found_and_makes_room,
);

fn rich(id: &str) -> App {
    App {
        name: Some("a \0name".into()),
        generation: Generation::One,
        data_center: DataCenter::Singapore,
        retention: Retention::Days180,
        audit: Audit::Custom("https://example.com/audit".into()),
        callback_url: Some("https://example.com/\0".into()),
        config: [("k".to_owned(), "v".to_owned())].into(),
        extension: [("x".to_owned(), "\"quoted\" 群".to_owned())].into(),
        ..app(id)
    }
}

async fn an_application_is_found_as_it_was_made(place: &impl Place) {
    let store = place.open();
    assert_eq!(store.records().app(&app_id("a")).await.unwrap(), None);
    assert_eq!(
        store.records().create_app(rich("a"), None, alone()).await.unwrap(),
        AppCreated::Created(Positions::new())
    );
    assert_eq!(store.records().app(&app_id("a")).await.unwrap().as_deref(), Some(&rich("a")));
    let store = place.again(store);
    assert_eq!(store.records().app(&app_id("a")).await.unwrap().as_deref(), Some(&rich("a")));
}

async fn an_account_has_no_more_applications_of_a_generation_than_it_may(place: &impl Place) {
    let store = place.open();
    for id in ["a", "b"] {
        assert_eq!(
            store.records().create_app(app(id), Some(2), alone()).await.unwrap(),
            AppCreated::Created(Positions::new())
        );
    }
    assert_eq!(store.records().create_app(app("c"), Some(2), alone()).await.unwrap(), AppCreated::TooMany);
    assert_eq!(store.records().app(&app_id("c")).await.unwrap(), None);
    assert_eq!(
        store.records().create_app(rich("d"), Some(2), alone()).await.unwrap(),
        AppCreated::Created(Positions::new())
    );
    let other = App { account: account("other"), ..app("e") };
    assert_eq!(
        store.records().create_app(other, Some(1), alone()).await.unwrap(),
        AppCreated::Created(Positions::new())
    );
}

async fn concurrent_makers_stay_within_the_limit(place: &impl Place) {
    let store = place.open();
    let makers: Vec<_> = (0..40)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                store.records().create_app(app(&format!("a{n}")), Some(7), alone()).await.unwrap()
            })
        })
        .collect();
    let mut created = 0;
    for maker in makers {
        created += u64::from(maker.await.unwrap() == AppCreated::Created(Positions::new()));
    }
    assert_eq!(created, 7);
}

async fn applications_are_listed_by_creation_with_the_length_of_the_whole(place: &impl Place) {
    let store = place.open();
    for n in 0..10 {
        let data_center = if n % 2 == 0 { DataCenter::Shanghai } else { DataCenter::Singapore };
        let made = App { data_center, ..app(&format!("a{n}")) };
        store.records().create_app(made, None, alone()).await.unwrap();
    }
    store.records().create_app(rich("other-generation"), None, alone()).await.unwrap();
    let list = async |data_center, order, skip, limit| {
        let filter = AppFilter { data_center, ..AppFilter::of(Generation::Two) };
        let page =
            store.records().apps(&account("acc"), filter, order, Window { skip, limit }).await.unwrap();
        let ids: Vec<_> = page.entries.iter().map(|app| app.id.to_string()).collect();
        (ids.join(" "), page.total)
    };
    let (up, down) = (Order::Ascending, Order::Descending);
    assert_eq!(list(None, up, 2, 3).await, ("a2 a3 a4".into(), 10));
    assert_eq!(list(None, down, 0, 2).await, ("a9 a8".into(), 10));
    assert_eq!(list(Some(DataCenter::Singapore), up, 3, 9).await, ("a7 a9".into(), 5));
    assert_eq!(list(None, up, 10, 5).await, (String::new(), 10));
    assert_eq!(list(None, up, u64::MAX, 5).await, (String::new(), 10));
}

async fn an_application_is_switched_off_and_on(place: &impl Place) {
    let store = place.open();
    assert_eq!(
        store.records().change_app(&app_id("a"), switched(true), Millis(5), alone()).await.unwrap(),
        None
    );
    store.records().create_app(app("a"), None, alone()).await.unwrap();
    let off = App { disabled: true, modified_at: Millis(5_000), ..app("a") };
    assert_eq!(
        store.records().change_app(&app_id("a"), switched(true), Millis(5_000), alone()).await.unwrap(),
        Some((off.clone(), vec![]))
    );
    assert_eq!(store.records().app(&app_id("a")).await.unwrap().as_deref(), Some(&off));
    let on = App { modified_at: Millis(6_000), ..app("a") };
    assert_eq!(
        store.records().change_app(&app_id("a"), switched(false), Millis(6_000), alone()).await.unwrap(),
        Some((on, vec![]))
    );
}

async fn an_id_is_given_once(place: &impl Place) {
    let store = place.open();
    store.records().create_app(app("a"), None, alone()).await.unwrap();
    store.records().create_app(app("a"), None, alone()).await.unwrap_err();
    // The failure undid nothing of what others did.
    store.records().create_app(app("b"), None, alone()).await.unwrap();
    assert_eq!(store.records().app(&app_id("b")).await.unwrap().as_deref(), Some(&app("b")));
}

async fn a_change_leaves_what_it_does_not_name_and_what_others_change_at_once(place: &impl Place) {
    let store = place.open();
    store.records().create_app(app("a"), None, alone()).await.unwrap();
    let map = |text: &str| Some([(text.to_owned(), text.to_owned())].into());
    let changes = [
        AppChange { name: Some("na\0me".into()), ..AppChange::default() },
        AppChange { audit: Some(Audit::Custom("https://a.example".into())), ..AppChange::default() },
        AppChange { callback_url: Some("https://c.example/\0".into()), ..AppChange::default() },
        AppChange { config: map("c\0"), ..AppChange::default() },
        AppChange { extension: map("e\0"), ..AppChange::default() },
    ];
    let changing = changes.map(|change| {
        let store = store.clone();
        tokio::spawn(async move {
            store.records().change_app(&app_id("a"), change, Millis(7_000), alone()).await.unwrap().unwrap()
        })
    });
    for change in changing {
        change.await.unwrap();
    }
    let changed = App {
        name: Some("na\0me".into()),
        audit: Audit::Custom("https://a.example".into()),
        callback_url: Some("https://c.example/\0".into()),
        config: map("c\0").unwrap(),
        extension: map("e\0").unwrap(),
        // It rises with each change, also with those of one moment.
        modified_at: Millis(7_004),
        ..app("a")
    };
    let store = place.again(store);
    assert_eq!(store.records().app(&app_id("a")).await.unwrap().as_deref(), Some(&changed));
    let nowhere = AppChange { callback_url: Some(String::new()), ..AppChange::default() };
    store.records().change_app(&app_id("a"), nowhere, Millis(7_000), alone()).await.unwrap();
    assert_eq!(store.records().app(&app_id("a")).await.unwrap().unwrap().callback_url, None);
}

async fn applications_are_found_by_id_and_by_their_whole_name(place: &impl Place) {
    let store = place.open();
    for (id, name) in [("a1", "shop"), ("a2", "shop 2"), ("a3", "shop"), ("a4", "Shop")] {
        store.records().create_app(App { name: Some(name.into()), ..app(id) }, None, alone()).await.unwrap();
    }
    let find = async |id: Option<&str>, name: Option<&str>| {
        let (id, name) = (id.map(app_id), name.map(str::to_owned));
        let filter = AppFilter { id, name, ..AppFilter::of(Generation::Two) };
        let window = Window { skip: 0, limit: 9 };
        let page = store.records().apps(&account("acc"), filter, Order::Ascending, window).await.unwrap();
        let ids: Vec<_> = page.entries.iter().map(|app| app.id.to_string()).collect();
        assert_eq!(page.total, ids.len() as u64);
        ids.join(" ")
    };
    assert_eq!(find(None, Some("shop")).await, "a1 a3");
    assert_eq!(find(Some("a3"), None).await, "a3");
    assert_eq!(find(Some("a3"), Some("shop")).await, "a3");
    assert_eq!(find(Some("a2"), Some("shop")).await, "");
    assert_eq!(find(None, None).await, "a1 a2 a3 a4");
}

async fn a_deleted_application_is_not_found_and_makes_room(place: &impl Place) {
    let store = place.open();
    let records = store.records();
    assert_eq!(records.delete_app(&app_id("a"), Millis(5), alone()).await.unwrap(), None);
    for id in ["a", "b"] {
        records.create_app(app(id), Some(2), alone()).await.unwrap();
    }
    let word = Word { app: app_id("a"), text: "word".into(), added_at: Millis(1) };
    records.add_word(word, 9, alone()).await.unwrap();
    assert_eq!(records.create_app(app("c"), Some(2), alone()).await.unwrap(), AppCreated::TooMany);
    assert_eq!(records.delete_app(&app_id("a"), Millis(5), alone()).await.unwrap(), Some(Positions::new()));
    assert_eq!(records.delete_app(&app_id("a"), Millis(6), alone()).await.unwrap(), None);
    let made = records.create_app(app("c"), Some(2), alone()).await.unwrap();
    assert_eq!(made, AppCreated::Created(Positions::new()));
    let store = place.again(store);
    let records = store.records();
    assert_eq!(records.app(&app_id("a")).await.unwrap(), None);
    assert_eq!(records.change_app(&app_id("a"), switched(true), Millis(7), alone()).await.unwrap(), None);
    assert!(records.words(&app_id("a")).await.unwrap().is_empty());
    let (filter, window) = (AppFilter::of(Generation::Two), Window { skip: 0, limit: 9 });
    let page = records.apps(&account("acc"), filter, Order::Ascending, window).await.unwrap();
    let ids: Vec<_> = page.entries.iter().map(|app| app.id.as_str()).collect();
    assert_eq!((ids, page.total), (vec!["b", "c"], 2));
    // Its id is not given again.
    records.create_app(app("a"), None, alone()).await.unwrap_err();
}
