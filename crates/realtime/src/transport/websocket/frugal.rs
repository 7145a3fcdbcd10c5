//! A stream that is read in large pieces and keeps none of their memory: most connections rest most of the time.
//!
//! The protocol's library reads into a buffer that each connection keeps, and looks for something to read in pieces of
//! that buffer's size. So it is given a small one, and what the system hands over at once waits here.

use std::{
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
    /// Bytes that may still be read, where there is a bound.
    ahead: Option<usize>,
}

impl<S> Frugal<S> {
    /// A stream that reads without bound.
    pub(super) fn new(stream: S) -> Self {
        Self { stream, unread: Bytes::new(), guest: None, ahead: None }
    }

    /// Counts what is read from now on; reading too much fails with [`io::ErrorKind::FileTooLarge`].
    pub(super) fn count(&mut self, guest: Guest) {
        self.guest = Some(Box::new(guest));
    }

    /// From now on no more than one piece is read, nor more than a guest may send, until [`no_bound`](Self::no_bound): behind it
    /// the stream is as if nothing came.
    pub(super) fn bound(&mut self) {
        self.ahead.get_or_insert(PIECE);
    }

    /// Reads without bound again. Whoever waits for the stream has to look anew.
    pub(super) fn no_bound(&mut self) {
        self.ahead = None;
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
        let Self { stream, unread, guest, ahead } = self.get_mut();
        if unread.is_empty() {
            let mut space = [MaybeUninit::uninit(); PIECE];
            let affords = || guest.as_ref().map_or(PIECE, |guest| guest.left());
            let most = ahead.map_or(PIECE, |ahead| ahead.min(affords()));
            if most == 0 {
                return Poll::Pending;
            }
            let mut piece = ReadBuf::uninit(&mut space[..most]);
            ready!(Pin::new(stream).poll_read(context, &mut piece))?;
            let read = piece.filled().len();
            *ahead = ahead.map(|most| most - read);
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
    use futures_util::FutureExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

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
    async fn where_there_is_a_bound_no_more_than_a_piece_is_read_and_nothing_is_lost() {
        let (mut here, there) = tokio::io::duplex(4 * PIECE);
        let mut stream = Frugal::new(there);
        here.write_all(&[b'x'; 2 * PIECE]).await.unwrap();
        drop(here);
        let (mut read, mut small) = (0, [0; 100]);
        stream.bound();
        while let Some(count) = stream.read(&mut small).now_or_never() {
            read += count.unwrap();
            stream.bound();
        }
        assert_eq!(read, PIECE);
        stream.no_bound();
        assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), PIECE);
    }
}
