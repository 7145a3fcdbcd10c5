//! Whoever asked for a change, and whether an answer still reaches anybody.
//!
//! A change and what follows from it are one: once a store has begun it, it goes on to its end and is told, also when
//! the caller has gone away or was answered that time is up. And what a store has not begun by then it never begins, so
//! that nobody is told "not done" of what happens later. [`Caller`] is what the two sides agree over.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use tokio::{runtime::Handle, task::AbortHandle};

tokio::task_local! {
    static CURRENT: Caller;
    static WATCH: Watch;
}

/// Learns of the changes that work begins, for whoever must say what became of work that was given up.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<Mutex<Vec<Caller>>>);

impl Watch {
    /// Takes one step of the work that is watched.
    pub fn during(&self, step: &mut dyn FnMut()) {
        WATCH.sync_scope(self.clone(), step);
    }

    /// Whether a change was begun. Once the work was dropped this stays as it is.
    #[must_use]
    pub fn begun(&self) -> bool {
        self.callers().iter().any(|caller| caller.0.state.load(Ordering::Acquire) == BEGUN)
    }

    fn callers(&self) -> MutexGuard<'_, Vec<Caller>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const WAITS: u8 = 0;
const BEGUN: u8 = 1;
const GONE: u8 = 2;

/// Whoever asked for a change. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Caller(Arc<Agreed>);

/// What the two sides agree over.
#[derive(Debug, Default)]
struct Agreed {
    /// One of [`WAITS`], [`BEGUN`] and [`GONE`].
    state: AtomicU8,
    /// Whether a store has given a change of the caller its place among the others.
    placed: AtomicBool,
}

impl Caller {
    /// The caller of the work under way here; one that waits for ever when nobody is known.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.try_with(Self::clone).unwrap_or_default()
    }

    /// Asked by a store before the first step of a change that has waited: `false` when nobody waits for the outcome, so
    /// that it must not be begun.
    #[must_use]
    pub fn begin(&self) -> bool {
        match self.0.state.compare_exchange(WAITS, BEGUN, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => true,
            Err(state) => state == BEGUN,
        }
    }

    /// Told by a store, while it is asked, once a change has its place: it comes to pass before every change of the same
    /// stream that the store is asked for from then on. A store that never tells has a caller wait for the change itself.
    pub fn place(&self) {
        self.0.placed.store(true, Ordering::Release);
    }

    fn is_placed(&self) -> bool {
        self.0.placed.load(Ordering::Acquire)
    }

    /// The caller waits no longer. Changes that were not begun are not begun any more: then the answer is `true`.
    pub fn leave(&self) -> bool {
        self.0.state.compare_exchange(WAITS, GONE, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Proof that a change comes to its end whoever goes away. Stores ask for one, so that nobody changes something in a
/// future that may be dropped half-way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarriedOut(());

impl CarriedOut {
    /// For work that is polled to its end by itself, without [`carry_out`]: a store's own, and a test's.
    #[must_use]
    pub const fn by_itself() -> Self {
        Self(())
    }
}

/// Tells that the caller has gone, when it is dropped.
struct Waiting {
    caller: Caller,
    task: Option<AbortHandle>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.caller.leave()
            && let Some(task) = &self.task
        {
            task.abort();
        }
    }
}

/// Work that changes something, whoever holds it.
type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Work under the name of a new caller, whom the watch of the request that asks, if there is one, looks after.
fn for_a_caller<T, F>(work: F) -> (Caller, Work<T>)
where
    F: Future<Output = T> + Send + 'static,
{
    let caller = Caller::default();
    let _ = WATCH.try_with(|watch| watch.callers().push(caller.clone()));
    (caller.clone(), Box::pin(CURRENT.scope(caller, work)))
}

/// Does work that changes something, where nobody drops it half-way: dropping the future that this answers ends the
/// work only while no store has begun its change. Inside of such work, it is done in place.
///
/// The work is polled here once before it gets a task of its own, so that changes begin in the order in which their
/// callers asked, and one that need not wait costs no task.
///
/// # Panics
/// When the work does, and outside of a tokio runtime.
pub async fn carry_out<T, F>(work: impl FnOnce(CarriedOut) -> F) -> T
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let work = work(CarriedOut(()));
    if CURRENT.try_with(|_| ()).is_ok() {
        return work.await;
    }
    let (caller, mut work) = for_a_caller(work);
    let mut waiting = Waiting { caller, task: None };
    let begun = std::future::poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
    if let Poll::Ready(done) = begun {
        return done;
    }
    let task = tokio::spawn(work);
    waiting.task = Some(task.abort_handle());
    match task.await {
        Ok(done) => done,
        Err(ended) => std::panic::resume_unwind(ended.into_panic()),
    }
}

/// The same without a task of its own as long as somebody waits for it: for what must not go through the hands of others
/// on its way back. Whoever waits has to poll it on.
///
/// # Panics
/// When the work does.
pub async fn carry_out_in_place<T, F>(work: impl FnOnce(CarriedOut) -> F) -> T
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let work = work(CarriedOut(()));
    if CURRENT.try_with(|_| ()).is_ok() {
        return work.await;
    }
    let (caller, work) = for_a_caller(work);
    Held { caller, work: Some(work) }.await
}

/// Work that a store has given its place, and that is carried on by whoever waits for this: see [`carry_on`].
pub struct Underway<T: Send + 'static>(Stage<T>);

enum Stage<T: Send + 'static> {
    /// It was over at once; what it came to, until somebody takes it.
    Over(Option<T>),
    Held(Held<T>),
}

impl<T: Send + Unpin + 'static> Future for Underway<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        match &mut self.0 {
            Stage::Over(done) => done.take().map_or(Poll::Pending, Poll::Ready),
            Stage::Held(held) => Pin::new(held).poll(context),
        }
    }
}

/// Begins work that changes something, as [`carry_out_in_place`]: answers when a store has given the change its place
/// ([`Caller::place`]), or when the work is over. Whoever begins one piece of work after the other so has them come to pass
/// in that order, and waits for all of them together.
///
/// # Panics
/// When the work does.
pub async fn carry_on<T, F>(work: impl FnOnce(CarriedOut) -> F) -> Underway<T>
where
    T: Send + Unpin + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let work = work(CarriedOut(()));
    if CURRENT.try_with(|_| ()).is_ok() {
        return Underway(Stage::Over(Some(work.await)));
    }
    let (caller, work) = for_a_caller(work);
    let mut held = Held { caller, work: Some(work) };
    let done = std::future::poll_fn(|context| match Pin::new(&mut held).poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        // It is told while the work is polled, or never.
        Poll::Pending if held.caller.is_placed() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    });
    match done.await {
        Some(done) => Underway(Stage::Over(Some(done))),
        None => Underway(Stage::Held(held)),
    }
}

/// Work in the hands of its caller. When it is dropped there after a store has begun, it goes on in a task.
struct Held<T: Send + 'static> {
    caller: Caller,
    work: Option<Work<T>>,
}

impl<T: Send + 'static> Future for Held<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let done = self.work.as_mut().map_or(Poll::Pending, |work| work.as_mut().poll(context));
        if done.is_ready() {
            self.work = None;
        }
        done
    }
}

impl<T: Send + 'static> Drop for Held<T> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take()
            && !self.caller.leave()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn what_was_not_begun_when_the_caller_left_is_never_begun() {
        let caller = Caller::default();
        assert!(caller.leave());
        assert!(!caller.begin());
    }

    #[test]
    fn what_was_begun_goes_on_when_the_caller_leaves() {
        let caller = Caller::default();
        assert!(caller.begin());
        assert!(!caller.leave());
        assert!(caller.begin(), "the later changes of the same work too");
    }

    #[tokio::test]
    async fn work_whose_caller_goes_away_ends_by_itself() {
        let (go, gone) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let mut carried = Box::pin(carry_out(|_| async move {
            let caller = Caller::current();
            assert!(caller.begin());
            let _ = gone.await;
            let _ = tell.send(caller.begin());
        }));
        assert!(
            std::future::poll_fn(|context| Poll::Ready(carried.as_mut().poll(context))).await.is_pending()
        );
        drop(carried);
        go.send(()).unwrap();
        assert!(told.await.unwrap());
    }

    #[tokio::test]
    async fn work_that_nobody_has_begun_learns_that_its_caller_is_gone() {
        let (go, gone) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let mut carried = Box::pin(carry_out(|_| async move {
            let _ = gone.await;
            assert!(!Caller::current().begin());
            let _ = tell.send(());
        }));
        assert!(
            std::future::poll_fn(|context| Poll::Ready(carried.as_mut().poll(context))).await.is_pending()
        );
        drop(carried);
        // It is over already, or learns it at the next step.
        let _ = go.send(());
        let _ = told.await;
    }

    #[tokio::test]
    async fn work_in_place_goes_on_only_if_it_was_begun_when_its_caller_goes_away() {
        for begins in [true, false] {
            let (go, gone) = oneshot::channel::<()>();
            let (tell, told) = oneshot::channel();
            let mut carried = Box::pin(carry_out_in_place(move |_| async move {
                assert!(!begins || Caller::current().begin());
                let _ = gone.await;
                let _ = tell.send(());
            }));
            let polled = std::future::poll_fn(|context| Poll::Ready(carried.as_mut().poll(context))).await;
            assert!(polled.is_pending());
            drop(carried);
            let _ = go.send(());
            assert_eq!(told.await.is_ok(), begins);
        }
        assert_eq!(carry_out_in_place(|_| async { 7 }).await, 7);
    }

    #[tokio::test]
    async fn what_has_its_place_is_carried_on_beside_what_is_begun_after_it() {
        let (go, gone) = oneshot::channel::<()>();
        let first = carry_on(|_| async move {
            assert!(Caller::current().begin());
            Caller::current().place();
            let _ = gone.await;
            "first"
        })
        .await;
        assert_eq!(carry_on(|_| async { "second" }).await.await, "second");
        go.send(()).unwrap();
        assert_eq!(first.await, "first");
    }

    #[tokio::test]
    async fn what_a_store_gives_no_place_is_waited_for() {
        let (go, gone) = oneshot::channel::<()>();
        let mut begun = Box::pin(carry_on(|_| async move { gone.await.is_ok() }));
        let polled = std::future::poll_fn(|context| Poll::Ready(begun.as_mut().poll(context))).await;
        assert!(polled.is_pending());
        go.send(()).unwrap();
        assert!(begun.await.await);
    }

    #[tokio::test]
    async fn work_that_has_its_place_goes_on_when_whoever_waits_goes_away() {
        let (go, gone) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let underway = carry_on(|_| async move {
            Caller::current().place();
            assert!(Caller::current().begin());
            let _ = gone.await;
            let _ = tell.send(());
        })
        .await;
        drop(underway);
        go.send(()).unwrap();
        told.await.unwrap();
    }

    /// Polls work once as a step of a watch, drops it, and answers what the watch learnt.
    fn given_up(work: impl Future<Output = ()> + Send + 'static) -> bool {
        let watch = Watch::default();
        let mut work = Box::pin(work);
        let mut context = Context::from_waker(std::task::Waker::noop());
        watch.during(&mut || assert!(work.as_mut().poll(&mut context).is_pending()));
        drop(work);
        watch.begun()
    }

    #[tokio::test]
    async fn a_watch_tells_what_was_begun_from_what_was_not() {
        let change = |begins: bool| async move {
            assert!(!begins || Caller::current().begin());
            std::future::pending::<()>().await;
        };
        assert!(!given_up(std::future::pending()), "nothing was asked of a store");
        assert!(!given_up(async move { carry_out(|_| change(false)).await }), "it waited");
        assert!(given_up(async move { carry_out(|_| change(true)).await }));
        let second = async move {
            carry_out(|_| async { assert!(Caller::current().begin()) }).await;
            carry_out(|_| change(false)).await;
        };
        assert!(given_up(second), "the first of two changes was made");
    }

    #[tokio::test]
    async fn work_inside_of_work_has_the_same_caller() {
        let begun = carry_out(|_| async {
            assert!(Caller::current().begin());
            carry_out(|_| async { Caller::current().0.state.load(Ordering::Acquire) }).await
        });
        assert_eq!(begun.await, BEGUN);
    }
}
