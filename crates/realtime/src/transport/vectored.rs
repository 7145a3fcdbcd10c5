//! Writing pieces from where they are.

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::AsyncWrite;

/// Bytes that are put together on the stack before they are written.
const LITTLE: usize = 1_024;

/// Writes all of these slices in order, with as few calls as the stream takes. They are advanced.
///
/// # Errors
/// The stream's.
pub(super) async fn write_all<S>(stream: &mut S, mut slices: &mut [IoSlice<'_>]) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    // Empty slices in front would look like a stream that takes nothing.
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        let written = poll_fn(|context| poll_write(Pin::new(&mut *stream), context, slices)).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        IoSlice::advance_slices(&mut slices, written);
    }
    Ok(())
}

/// Writes what the stream takes of these slices. Little is put together first: the kernel takes one piece faster.
fn poll_write<S>(
    stream: Pin<&mut S>,
    context: &mut Context<'_>,
    slices: &[IoSlice<'_>],
) -> Poll<io::Result<usize>>
where
    S: AsyncWrite,
{
    let length: usize = slices.iter().map(|slice| slice.len()).sum();
    if length > LITTLE {
        return stream.poll_write_vectored(context, slices);
    }
    let mut little = [0; LITTLE];
    let mut rest = &mut little[..length];
    for slice in slices {
        let (piece, behind) = rest.split_at_mut(slice.len());
        piece.copy_from_slice(slice);
        rest = behind;
    }
    stream.poll_write(context, &little[..length])
}
