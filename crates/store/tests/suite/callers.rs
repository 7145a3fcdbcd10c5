//! Callers who go away, or who were told that it could not be done.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use muster_core::{
    app::Generation,
    bus::{Bus, BusError, Letter, Listener, NoReceipt, Notice, Receipt},
    caller::{Watch, carry_out},
    id::{GroupRef, NodeId},
    limits::Limits,
    message::{Event, Posted, StreamRef},
    seal::MasterKey,
    service::{AppScope, Dependencies, Muster, NewApp, NewGroup, Telling},
    store::{Store, StoreError},
    testing::{ManualClock, NobodyThere, Seeded},
    time::Millis,
};

use crate::{
    make::{account, alone, draft, one_group, user},
    place::{LastingPlace, Place, Sqlite},
};

over_every_store!(
    a_change_that_was_begun_is_made_when_its_caller_has_gone;
    lasting:
    a_change_that_waits_is_not_begun_when_its_caller_has_gone,
    a_kick_that_was_begun_is_stored_and_told_when_its_caller_has_gone,
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

async fn a_change_that_waits_is_not_begun_when_its_caller_has_gone(place: &impl LastingPlace) {
    let store = place.open();
    let g = one_group(&*store).await;
    let lock = place.lock();
    let post = |body: &'static str| {
        let (store, g) = (Arc::clone(&store), g.clone());
        Box::pin(carry_out(move |_| async move { store.post(&g, draft(1, body, 1), alone()).await }))
    };
    let stuck = begun(post("stuck")).await;
    // Else both might be taken together, and both be begun.
    place.held_up();
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

/// Keeps what it is told.
#[derive(Default)]
struct Ears(Mutex<Vec<Notice>>);

#[async_trait::async_trait]
impl Bus for Ears {
    async fn publish(&self, notice: Notice) -> Result<(), BusError> {
        self.0.lock().unwrap().push(notice);
        Ok(())
    }
    fn named(&self, _: &NodeId) {}
    async fn send(&self, _: &NodeId, _: Letter, _: Duration) -> Result<Receipt, NoReceipt> {
        Err(NoReceipt::NoNode)
    }
    fn listen(&self, _: Arc<dyn Listener>) {}
    fn follow(&self, _: &GroupRef) {}
    fn unfollow(&self, _: &GroupRef) {}
}

fn domain(store: Arc<dyn Store>, bus: Arc<Ears>) -> Muster {
    Muster::new(Dependencies {
        store,
        bus,
        clock: Arc::new(ManualClock::new(Millis(1_000_000))),
        random: Arc::new(Seeded::new(2)),
        outbound: Arc::new(NobodyThere),
        auditor: Arc::new(NobodyThere),
        master: Arc::new(MasterKey::new(&[7; 32])),
        limits: Limits::default(),
        node: NodeId::new("n").unwrap(),
    })
}

async fn a_kick_that_was_begun_is_stored_and_told_when_its_caller_has_gone(place: &impl LastingPlace) {
    let (store, bus) = (place.open(), Arc::new(Ears::default()));
    let muster = domain(Arc::clone(&store), Arc::clone(&bus));
    let of = account("acc");
    let scope = AppScope { account: &of, generation: Generation::Two, data_center: None };
    let app = muster.apps().create(scope, NewApp::default()).await.unwrap();
    let made = muster.groups().create(&app, NewGroup::default()).await.unwrap();
    let group = muster.groups().open(&app, &made.group.at.group).await.unwrap();
    let user = user("u");
    muster.rosters().enrol(&group, &user, Telling::default()).await.unwrap();
    let own = StreamRef::User(app.id.clone(), user.clone());

    let (lock, watch) = (place.lock(), Watch::default());
    let rosters = muster.rosters();
    let mut kick = Box::pin(rosters.kick(&group, &user));
    while !watch.begun() {
        poll_fn(|context| {
            watch.during(&mut || assert!(kick.as_mut().poll(context).is_pending()));
            Poll::Ready(())
        })
        .await;
        tokio::task::yield_now().await;
    }
    drop(kick);
    drop(lock);
    while bus.0.lock().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    let told = std::mem::take(&mut *bus.0.lock().unwrap());
    assert!(
        matches!(&told[0], Notice::Published { stream, sequence: Some(1), .. } if *stream == own),
        "{told:?}"
    );
    assert!(matches!(&told[1], Notice::Left { .. }), "{told:?}");
    assert_eq!(store.roster_state(&group.at).await.unwrap().count, 0);
    // Sent again it succeeds, and tells from the stream what may have been told to nobody; so does a deletion.
    muster.rosters().kick(&group, &user).await.unwrap();
    let again = std::mem::take(&mut *bus.0.lock().unwrap());
    assert_eq!(again, told[..1]);
    muster.groups().delete(&app, &group.at.group, None).await.unwrap();
    let deleted = std::mem::take(&mut *bus.0.lock().unwrap());
    muster.groups().delete(&app, &group.at.group, None).await.unwrap();
    assert_eq!(*bus.0.lock().unwrap(), deleted);
    assert_eq!((store.top(&own).await.unwrap().unwrap().sequence, deleted.len()), (1, 1));
}
