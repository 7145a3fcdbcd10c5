//! A connection as the server reads and writes it: what comes in is counted, what does not go out has a time limit, and who
//! is answered in the middle of a request is heard out for a moment.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use super::guests::Visit;
use crate::config::HttpConfig;

/// Reads of one turn that let a request go by.
const READS_AT_ONCE: usize = 16;

/// A stream whose bytes count for a [`Visit`].
pub(crate) struct Inlet<S> {
    stream: S,
    visit: Arc<Visit>,
    write_wait: Duration,
    linger: Duration,
    /// Bytes that may still be let go by.
    linger_bytes: usize,
    /// Runs while the other side takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs once nothing more is written, while the rest of a request is let go by.
    lingering: Option<Pin<Box<Sleep>>>,
}

impl<S> Inlet<S> {
    /// A connection with the listener's times.
    pub(crate) fn new(stream: S, visit: Arc<Visit>, config: &HttpConfig) -> Self {
        let (write_wait, linger) = (config.write_wait(), config.linger());
        Self {
            stream,
            visit,
            write_wait,
            linger,
            linger_bytes: config.linger_bytes,
            stalled: None,
            lingering: None,
        }
    }

    /// Passes on how a write went; one that has waited for too long fails.
    fn within_time<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        // Realtime connections have a bound of their own.
        if self.visit.is_unmetered() {
            return Poll::Pending;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(self.write_wait)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "nothing was taken within `http.write_seconds`",
        )))
    }
}

impl<S: AsyncRead + Unpin> Inlet<S> {
    /// Lets what still comes go by, until the other side ends, or its time is over, or it was too much.
    ///
    /// A socket that is closed over bytes which nobody has read sends a reset (RFC 9112 section 9.6), and the reset takes the
    /// answer along: the caller sees a broken connection in place of a 413.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let linger = self.linger;
        let over = self.lingering.get_or_insert_with(|| Box::pin(sleep(linger)));
        if over.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let mut space = [0; 8192];
        for _ in 0..READS_AT_ONCE {
            let mut unread = ReadBuf::new(&mut space);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut unread));
            let bytes = unread.filled().len();
            if read.is_err() || bytes == 0 || bytes > self.linger_bytes {
                return Poll::Ready(());
            }
            self.linger_bytes -= bytes;
        }
        // Others have their turn.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Inlet<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let read = &buffer.filled()[before..];
        if let Some(&first) = read.first() {
            self.visit.begins_with(first);
        }
        let counted = self.visit.read(read.len());
        Poll::Ready(
            counted.map_err(|_| io::Error::other("the request does not fit into `http.pending_bytes`")),
        )
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Inlet<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.within_time(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.within_time(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        }
        if self.visit.left_unread() {
            ready!(self.poll_linger(context));
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;
    use crate::net::Guests;

    fn inlet<S>(stream: S, config: &HttpConfig) -> Inlet<S> {
        let visit = Guests::new(config.clone(), usize::MAX).enter([192, 0, 2, 1].into()).ok().unwrap();
        Inlet::new(stream, Arc::new(visit), config)
    }

    #[tokio::test]
    async fn who_was_answered_early_is_heard_out_and_others_are_left_at_once() {
        let (ours, mut theirs) = duplex(1 << 20);
        let mut polite = inlet(ours, &HttpConfig::default());
        polite.shutdown().await.unwrap();
        polite.visit.leaves_unread();
        theirs.write_all(&[0; 1 << 19]).await.unwrap();
        drop(theirs);
        polite.shutdown().await.unwrap();
        assert_eq!(polite.read(&mut [0; 16]).await.unwrap(), 0, "all of it went by");
    }

    #[tokio::test]
    async fn who_says_nothing_more_and_stays_is_left_after_a_time() {
        let (ours, _theirs) = duplex(16);
        let mut inlet = inlet(ours, &HttpConfig { linger_seconds: 0, ..HttpConfig::default() });
        inlet.visit.leaves_unread();
        inlet.shutdown().await.unwrap();
    }

    #[tokio::test]
    async fn who_takes_nothing_of_an_answer_is_left() {
        let (ours, _theirs) = duplex(16);
        let mut inlet = inlet(ours, &HttpConfig { write_seconds: 0, ..HttpConfig::default() });
        let fault = inlet.write_all(&[0; 100]).await.unwrap_err();
        assert_eq!(fault.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn what_comes_beyond_the_bound_is_not_taken() {
        let (ours, mut theirs) = duplex(1 << 20);
        let mut inlet = inlet(ours, &HttpConfig { pending_bytes: 400, ..HttpConfig::default() });
        theirs.write_all(&[0x16; 17 * 1024]).await.unwrap();
        let mut taken = vec![0; 20 * 1024];
        let fault = inlet.read_exact(&mut taken).await.unwrap_err();
        assert!(fault.to_string().contains("pending_bytes"), "{fault}");
        assert_eq!(inlet.visit.first_byte(), 0x16);
    }
}
