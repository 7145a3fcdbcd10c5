//! A stream that is read in large pieces and keeps none of their memory: most connections rest most of the time.
//!
//! The protocol's library reads into a buffer that each connection keeps, and looks for something to read in pieces of
//! that buffer's size. So it is given a small one, and what the system hands over at once waits here.

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::lobby::Guest;

/// Bytes that are read at once, on the stack.
const PIECE: usize = 4_096;

/// A stream around a stream.
#[derive(Debug)]
pub(super) struct Frugal<S> {
    stream: S,
    /// What was read and not yet asked for; no memory when there is none.
    unread: Bytes,
    /// What counts what is read before the login.
    guest: Option<Box<Guest>>,
}

impl<S> Frugal<S> {
    /// A stream of which nothing was read.
    pub(super) fn new(stream: S) -> Self {
        Self { stream, unread: Bytes::new(), guest: None }
    }

    /// Counts what is read from now on; reading too much fails with [`io::ErrorKind::FileTooLarge`].
    pub(super) fn count(&mut self, guest: Guest) {
        self.guest = Some(Box::new(guest));
    }

    /// How many bytes were read from it while they are counted.
    pub(super) fn handed(&self) -> usize {
        self.guest.as_ref().map_or(0, |guest| guest.has_sent() - self.unread.len())
    }

    /// Waits for the next byte, and leaves it where it is; `None` when there is none any more. No more than one piece is read,
    /// nor more than a guest may send: behind that this is as if nothing came.
    pub(super) async fn next_byte(&mut self) -> Option<u8>
    where
        S: AsyncRead + Unpin,
    {
        poll_fn(|context| {
            if self.unread.is_empty() {
                let most = self.guest.as_ref().map_or(PIECE, |guest| guest.left().min(PIECE));
                if most == 0 {
                    return Poll::Pending;
                }
                let mut space = [MaybeUninit::uninit(); PIECE];
                let mut piece = ReadBuf::uninit(&mut space[..most]);
                if ready!(Pin::new(&mut self.stream).poll_read(context, &mut piece)).is_err() {
                    return Poll::Ready(None);
                }
                if let Some(guest) = &mut self.guest {
                    guest.sent(piece.filled().len());
                }
                self.unread = Bytes::copy_from_slice(piece.filled());
            }
            Poll::Ready(self.unread.first().copied())
        })
        .await
    }

    /// Counts no more: the login has arrived.
    pub(super) fn trust(&mut self) {
        self.guest = None;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Frugal<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        wanted: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, unread, guest } = self.get_mut();
        if unread.is_empty() {
            let mut space = [MaybeUninit::uninit(); PIECE];
            let mut piece = ReadBuf::uninit(&mut space);
            ready!(Pin::new(stream).poll_read(context, &mut piece))?;
            let read = piece.filled().len();
            if read > 0 && guest.as_mut().is_some_and(|guest| !guest.sent(read)) {
                return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()));
            }
            let (now, later) = piece.filled().split_at(piece.filled().len().min(wanted.remaining()));
            wanted.put_slice(now);
            *unread = Bytes::copy_from_slice(later);
        } else {
            let count = unread.len().min(wanted.remaining());
            wanted.put_slice(&unread[..count]);
            unread.advance(count);
            if unread.is_empty() {
                *unread = Bytes::new();
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Frugal<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::FutureExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::{hub::Connection, lobby::Lobby, protocol::Form};

    #[tokio::test]
    async fn what_arrives_is_read_whole_and_in_order_however_little_is_asked_for() {
        let sent: Vec<u8> = (0..20_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        for wanted in [1, 7, 128, 4_095, 4_096, 50_000] {
            let (mut here, there) = tokio::io::duplex(6_000);
            let mut stream = Frugal::new(there);
            let bytes = sent.clone();
            let sending = tokio::spawn(async move { here.write_all(&bytes).await });
            let mut read = Vec::new();
            let mut buffer = vec![0; wanted];
            loop {
                let count = stream.read(&mut buffer).await.unwrap();
                if count == 0 {
                    break;
                }
                read.extend_from_slice(&buffer[..count]);
            }
            sending.await.unwrap().unwrap();
            assert!(read == sent, "{wanted} bytes at a time");
            assert!(stream.unread.is_empty());
        }
    }

    #[tokio::test]
    async fn the_next_byte_is_seen_and_left_where_it_is() {
        let (mut here, there) = tokio::io::duplex(4 * PIECE);
        let mut stream = Frugal::new(there);
        let connection = Arc::new(Connection::new(1, Form::Json, 100));
        stream.count(Guest::new(Arc::new(Lobby::new(usize::MAX)), connection, 4 * PIECE));
        assert!(stream.next_byte().now_or_never().is_none(), "nothing has come");
        here.write_all(&[[b'x'; 2 * PIECE].as_slice(), b"y"].concat()).await.unwrap();
        drop(here);
        for _ in 0..3 {
            assert_eq!(stream.next_byte().await, Some(b'x'));
            assert_eq!((stream.unread.len(), stream.handed()), (PIECE, 0), "one piece is read");
        }
        let mut read = Vec::new();
        stream.read_to_end(&mut read).await.unwrap();
        assert_eq!((read.len(), stream.handed()), (2 * PIECE + 1, 2 * PIECE + 1));
        assert_eq!(stream.next_byte().await, None);
    }
}
