//! Who is logged in.

use muster_core::message::Positions;

use crate::{
    make::{alone, app_id, session, user},
    place::{LastingPlace, Place},
};

over_every_store!(
    a_later_login_replaces_the_earlier;
    lasting:
    logins_end_with_the_process_that_holds_them,
);

async fn a_later_login_replaces_the_earlier(place: &impl Place) {
    let store = place.open();
    let (app, u) = (app_id("a"), user("u"));
    let sign_in = async |name| store.sign_in(&app, &u, session(name), alone()).await.unwrap().replaced;
    assert_eq!(sign_in("1").await, None);
    assert_eq!(sign_in("2").await, Some(session("1")));
    assert_eq!(sign_in("2").await, None);
    assert_eq!(store.sign_out(&app, &u, &session("1"), alone()).await.unwrap(), None);
    let found = store.sessions(&app, &[user("v"), u.clone()]).await.unwrap();
    assert_eq!(found, [None, Some(session("2"))]);
    assert_eq!(store.sessions(&app_id("b"), std::slice::from_ref(&u)).await.unwrap(), [None]);
    for answer in [Some(Positions::new()), None] {
        assert_eq!(store.sign_out(&app, &u, &session("2"), alone()).await.unwrap(), answer);
    }
    assert_eq!(store.sessions(&app, std::slice::from_ref(&u)).await.unwrap(), [None]);
    assert_eq!(sign_in("3").await, None);
}

async fn logins_end_with_the_process_that_holds_them(place: &impl LastingPlace) {
    let store = place.open();
    store.sign_in(&app_id("a"), &user("u"), session("1"), alone()).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    assert_eq!(place.open().sessions(&app_id("a"), &[user("u")]).await.unwrap(), [None]);
}
