//! Whether a request's work had begun to change something when its time was up. Only whoever does the work knows; the
//! gateway tells the caller "not done" or "not known" by it.

/// The work of one request.
pub trait Undertaking: Send + Sync + 'static {
    /// Takes one step of the work: what begins in it belongs to this request. It is called for each time the work is
    /// polled, and must call `step` once.
    fn during(&self, step: &mut dyn FnMut());

    /// Whether something was begun that may come to its end although the request is given up. Asked when the work was
    /// dropped.
    fn begun(&self) -> bool;
}

/// Knows nothing, so that everything may have begun.
pub(crate) struct Unknown;

impl Undertaking for Unknown {
    fn during(&self, step: &mut dyn FnMut()) {
        step();
    }

    fn begun(&self) -> bool {
        true
    }
}

/// Does the work as the steps of an undertaking.
pub(crate) async fn undertake<T>(undertaking: &dyn Undertaking, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| {
        let mut polled = std::task::Poll::Pending;
        undertaking.during(&mut || polled = work.as_mut().poll(context));
        polled
    })
    .await
}
