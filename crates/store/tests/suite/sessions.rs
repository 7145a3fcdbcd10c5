//! Who is logged in.

use crate::{
    make::{app_id, session, user},
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
    assert_eq!(store.sign_in(&app, &u, session("1")).await.unwrap(), None);
    assert_eq!(store.sign_in(&app, &u, session("2")).await.unwrap(), Some(session("1")));
    store.sign_out(&app, &u, &session("1")).await.unwrap();
    let found = store.sessions(&app, &[user("v"), u.clone()]).await.unwrap();
    assert_eq!(found, [None, Some(session("2"))]);
    assert_eq!(store.sessions(&app_id("b"), std::slice::from_ref(&u)).await.unwrap(), [None]);
    store.sign_out(&app, &u, &session("2")).await.unwrap();
    assert_eq!(store.sessions(&app, std::slice::from_ref(&u)).await.unwrap(), [None]);
    assert_eq!(store.sign_in(&app, &u, session("3")).await.unwrap(), None);
}

async fn logins_end_with_the_process_that_holds_them(place: &impl LastingPlace) {
    let store = place.open();
    store.sign_in(&app_id("a"), &user("u"), session("1")).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    assert_eq!(place.open().sessions(&app_id("a"), &[user("u")]).await.unwrap(), [None]);
}
