//! Whether a request's body was read before it was answered.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use http_body::{Body, Frame, SizeHint};

/// A request's body that notes when it was read to its end.
#[derive(Debug)]
pub(crate) struct Watched<B> {
    body: B,
    read: Arc<AtomicBool>,
}

/// Whether a request's body was read, also once the body is gone.
#[derive(Clone, Debug)]
pub(crate) struct Reading(Option<Arc<AtomicBool>>);

impl<B: Body + Unpin> Watched<B> {
    /// The body, and how far it is read. A request without one has been read.
    pub(crate) fn of(body: B) -> (Self, Reading) {
        let ended = body.is_end_stream();
        let read = Arc::new(AtomicBool::new(ended));
        let reading = Reading((!ended).then(|| Arc::clone(&read)));
        (Self { body, read }, reading)
    }
}

impl Reading {
    /// Whether nothing of the body is left.
    pub(crate) fn is_over(&self) -> bool {
        self.0.as_ref().is_none_or(|read| read.load(Ordering::Relaxed))
    }
}

impl<B: Body + Unpin> Body for Watched<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_none() || self.body.is_end_stream() {
            self.read.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::{BodyExt as _, Empty, Full};

    use super::*;

    #[tokio::test]
    async fn a_body_is_over_when_it_was_read_or_there_was_none() {
        assert!(Watched::of(Empty::<Bytes>::new()).1.is_over());
        let (body, reading) = Watched::of(Full::new(Bytes::from_static(b"said")));
        assert!(!reading.is_over());
        assert_eq!(body.collect().await.unwrap().to_bytes(), "said");
        assert!(reading.is_over());
        let (body, reading) = Watched::of(Full::new(Bytes::from_static(b"unheard")));
        drop(body);
        assert!(!reading.is_over());
    }
}
