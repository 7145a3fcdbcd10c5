//! Callers who go away, or who were told that it could not be done.

use std::{future::poll_fn, sync::Arc, task::Poll};

use muster_core::{
    caller::carry_out,
    message::{Event, Posted, StreamRef},
    store::{Store, StoreError},
};

use crate::{
    make::{alone, draft, one_group},
    place::{Place, Sqlite},
};

over_every_store!(
    a_change_that_waits_is_not_begun_when_its_caller_has_gone,
    a_change_that_was_begun_is_made_when_its_caller_has_gone,
);

async fn bodies(store: &dyn Store, stream: &StreamRef) -> Vec<String> {
    let entries = store.entries(stream, 0, 100).await.unwrap();
    let body = |entry: &muster_core::message::Entry| match &entry.event {
        Event::Message(message) => message.body.to_string(),
        other => panic!("{other:?}"),
    };
    entries.iter().map(body).collect()
}

/// Begins a change as a caller would who may go away.
async fn begun<T>(work: impl Future<Output = T> + Unpin) -> impl Future<Output = T> + Unpin {
    let mut work = work;
    let now = poll_fn(|context| Poll::Ready(std::pin::Pin::new(&mut work).poll(context))).await;
    assert!(now.is_pending());
    work
}

async fn a_change_that_waits_is_not_begun_when_its_caller_has_gone(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let lock = place.lock();
    let post = |body: &'static str| {
        let (store, g) = (Arc::clone(&store), g.clone());
        Box::pin(carry_out(move |_| async move { store.post(&g, draft(1, body, 1), alone()).await }))
    };
    let stuck = begun(post("stuck")).await;
    let waiting = begun(post("waiting")).await;
    drop(waiting);
    drop(lock);
    assert!(matches!(stuck.await.unwrap(), Posted::Done { .. }));
    post("later").await.unwrap();
    assert_eq!(bodies(&*store, &StreamRef::Group(g.clone())).await, ["stuck", "later"]);
}

async fn a_change_that_was_begun_is_made_when_its_caller_has_gone(place: &impl Place) {
    let store = place.open();
    let g = one_group(&*store).await;
    let (began, begins) = tokio::sync::oneshot::channel::<()>();
    let (ended, ends) = tokio::sync::oneshot::channel();
    let (theirs, at) = (Arc::clone(&store), g.clone());
    let work = begun(Box::pin(carry_out(|_| async move {
        theirs.post(&at, draft(1, "first", 1), alone()).await.unwrap();
        let _ = begins.await;
        theirs.post(&at, draft(1, "second", 1), alone()).await.unwrap();
        ended.send(()).unwrap();
    })))
    .await;
    let stream = StreamRef::Group(g.clone());
    while store.top(&stream).await.unwrap().unwrap().sequence == 0 {
        tokio::task::yield_now().await;
    }
    drop(work);
    began.send(()).unwrap();
    ends.await.unwrap();
    assert_eq!(bodies(&*store, &stream).await, ["first", "second"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_a_locked_database_is_refused_together_and_nothing_is_done_later() {
    let place = Sqlite::new();
    let store = place.open();
    let g = one_group(&*store).await;
    let lock = place.lock();
    let posts: Vec<_> = (0..200)
        .map(|_| {
            let (store, g) = (Arc::clone(&store), g.clone());
            tokio::spawn(async move { store.post(&g, draft(1, "refused", 1), alone()).await })
        })
        .collect();
    for post in posts {
        let refused = post.await.unwrap().unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    }
    drop(lock);
    let posted = store.post(&g, draft(1, "later", 1), alone()).await.unwrap();
    assert!(matches!(posted, Posted::Done { sequence: Some(1), .. }), "{posted:?}");
}
