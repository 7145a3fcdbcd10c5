//! Frames (RFC 6455 section 5.2) written from where their messages are: a broadcast's bytes are shared by all its
//! connections, and none copies them. The protocol's library would, into a buffer that each connection keeps.

use std::io::{self, IoSlice};

use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::super::vectored::write_all;
use crate::protocol::{Form, Frame};

/// Bytes that messages are joined up to in one frame.
const JOINED: usize = 16_384;
/// The first byte of a whole text message in one frame.
const WHOLE_TEXT: u8 = 0x81;
/// The first byte of a whole message of bytes in one frame.
const WHOLE_BINARY: u8 = 0x82;

/// A frame's header, as a server writes it: without a mask.
struct Header {
    bytes: [u8; 10],
    length: usize,
}

impl Header {
    fn new(form: Form, payload: usize) -> Self {
        let mut bytes = [0; 10];
        bytes[0] = match form {
            Form::Json => WHOLE_TEXT,
            Form::Protobuf => WHOLE_BINARY,
        };
        let length = match (u8::try_from(payload), u16::try_from(payload)) {
            (Ok(short @ ..126), _) => {
                bytes[1] = short;
                2
            }
            (_, Ok(medium)) => {
                bytes[1] = 126;
                bytes[2..4].copy_from_slice(&medium.to_be_bytes());
                4
            }
            _ => {
                bytes[1] = 127;
                bytes[2..].copy_from_slice(&(payload as u64).to_be_bytes());
                10
            }
        };
        Self { bytes, length }
    }

    fn as_slice(&self) -> IoSlice<'_> {
        IoSlice::new(&self.bytes[..self.length])
    }
}

/// Writes messages in order, joined into frames, with as few calls as the stream takes. Nothing else may be half-way
/// out.
///
/// # Errors
/// The stream's.
pub(super) async fn write_messages<S>(stream: &mut S, form: Form, messages: &[Frame]) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    if let [message] = messages {
        let header = Header::new(form, message.len());
        let mut slices = [header.as_slice(), IoSlice::new(message.as_bytes())];
        write_all(stream, &mut slices).await?;
    } else {
        let frames: Vec<_> = frames(form, messages).collect();
        let mut slices = Vec::with_capacity(frames.len() + 2 * messages.len());
        for (header, messages) in &frames {
            slices.push(header.as_slice());
            for (place, message) in messages.iter().enumerate() {
                if place > 0 {
                    slices.push(IoSlice::new(form.between()));
                }
                slices.push(IoSlice::new(message.as_bytes()));
            }
        }
        write_all(stream, &mut slices).await?;
    }
    stream.flush().await
}

/// Cuts messages into frames of up to [`JOINED`] bytes, and of one message at least.
fn frames(form: Form, mut messages: &[Frame]) -> impl Iterator<Item = (Header, &[Frame])> {
    std::iter::from_fn(move || {
        let mut payload = messages.first()?.len();
        let more = messages[1..].iter().take_while(|message| {
            let joined = payload + form.between().len() + message.len();
            let fits = joined <= JOINED;
            if fits {
                payload = joined;
            }
            fits
        });
        let (frame, rest) = messages.split_at(1 + more.count());
        messages = rest;
        Some((Header::new(form, payload), frame))
    })
}

#[cfg(test)]
mod tests {
    use std::{
        pin::Pin,
        task::{Context, Poll},
    };

    use futures_util::StreamExt as _;
    use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};

    use super::*;

    /// Takes a few bytes at a time.
    struct Narrow {
        taken: Vec<u8>,
        width: usize,
    }

    impl AsyncWrite for Narrow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let count = bytes.len().min(self.width);
            self.taken.extend_from_slice(&bytes[..count]);
            Poll::Ready(Ok(count))
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    async fn written(form: Form, messages: &[Frame], width: usize) -> Vec<u8> {
        let mut stream = Narrow { taken: Vec::new(), width };
        write_messages(&mut stream, form, messages).await.unwrap();
        stream.taken
    }

    /// What a client's library reads of it, frame by frame.
    async fn read(bytes: Vec<u8>) -> Vec<String> {
        let source = tokio::io::join(io::Cursor::new(bytes), tokio::io::sink());
        let mut socket = WebSocketStream::from_raw_socket(source, Role::Client, None).await;
        let mut frames = Vec::new();
        while let Some(Ok(frame)) = socket.next().await {
            frames.push(frame.into_text().unwrap().to_string());
        }
        frames
    }

    #[tokio::test]
    async fn a_message_of_any_length_arrives_as_one_frame_however_little_the_stream_takes() {
        for length in [0, 1, 125, 126, 1_020, 1_021, 65_535, 65_536, 100_000] {
            let text = "x".repeat(length);
            let message = [Frame::from(text.clone())];
            let whole = written(Form::Json, &message, usize::MAX).await;
            assert_eq!(whole, written(Form::Json, &message, 7).await);
            assert_eq!(read(whole).await, [text]);
        }
    }

    #[tokio::test]
    async fn messages_are_joined_by_line_feeds_up_to_a_bound() {
        let sizes = [10, 0, 20, 16_000, 400, 1, 20_000, 5, 16_384];
        let messages: Vec<_> = sizes.iter().map(|size| Frame::from("y".repeat(*size))).collect();
        let frames = read(written(Form::Json, &messages, 100).await).await;
        let lengths: Vec<_> = frames.iter().map(String::len).collect();
        assert_eq!(lengths, [10 + 1 + 1 + 20 + 1 + 16_000, 400 + 1 + 1, 20_000, 5, 16_384]);
        let parted: Vec<_> = frames.iter().flat_map(|frame| frame.split('\n')).map(str::len).collect();
        assert_eq!(parted, sizes);
    }

    #[tokio::test]
    async fn messages_of_bytes_stand_one_behind_the_other_in_a_frame_of_bytes() {
        let messages = [Frame::from(vec![2, 0xff, 1]), Frame::from_static(&[0])];
        let written = written(Form::Protobuf, &messages, usize::MAX).await;
        assert_eq!(written, [WHOLE_BINARY, 4, 2, 0xff, 1, 0]);
    }
}
