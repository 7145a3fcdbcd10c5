//! Who is logged in.

use crate::{
    make::{app_id, session, user},
    place::Place,
};

over_every_store!(a_later_login_replaces_the_earlier, logins_end_with_the_process_that_holds_them);

async fn a_later_login_replaces_the_earlier(place: &impl Place) {
    let store = place.open();
    let (app, u) = (app_id("a"), user("u"));
    assert_eq!(store.sign_in(&app, &u, session("1")).await.unwrap(), None);
    assert_eq!(store.sign_in(&app, &u, session("2")).await.unwrap(), Some(session("1")));
    store.sign_out(&app, &u, &session("1")).await.unwrap();
    assert_eq!(store.signed_in(&app, &[user("v"), u.clone()]).await.unwrap(), [false, true]);
    assert_eq!(store.signed_in(&app_id("b"), std::slice::from_ref(&u)).await.unwrap(), [false]);
    store.sign_out(&app, &u, &session("2")).await.unwrap();
    assert_eq!(store.signed_in(&app, std::slice::from_ref(&u)).await.unwrap(), [false]);
    assert_eq!(store.sign_in(&app, &u, session("3")).await.unwrap(), None);
}

async fn logins_end_with_the_process_that_holds_them(place: &impl Place) {
    let store = place.open();
    store.sign_in(&app_id("a"), &user("u"), session("1")).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    assert_eq!(place.open().signed_in(&app_id("a"), &[user("u")]).await.unwrap(), [false]);
}
