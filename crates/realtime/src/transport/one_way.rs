//! Connections that run from the server to the client alone: the endless answer of one HTTP request, which brings the
//! login. Later commands come in requests of their own, by the [inbox](Inbox).
//!
//! The binary's HTTP library reads the request and gives the stream up; the answer is written here. So no buffer stands
//! between a message and the client, a write is known to be done when the stream has taken it, and a client that hangs up
//! is seen at once: a library that has an answer under way does not look.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    sync::Arc,
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::{End, Transport, TransportKind, serve, vectored::write_all};
use crate::{
    hub::{Hub, Inbox},
    protocol::{Disconnect, Form, Frame, Push, PushBody},
};

/// Bytes that may come behind the request, which mean nothing: some clients end a body with a line break.
const BEHIND: usize = 64;
/// How the body of a chunked answer ends (RFC 9112 section 7.1).
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// A request that begins a connection.
#[derive(Debug)]
pub struct Opening {
    /// How the answer runs: [`TransportKind::HttpStream`] or [`TransportKind::Sse`].
    pub transport: TransportKind,
    /// The form of its messages.
    pub form: Form,
    /// The commands that it brings, the login first.
    pub commands: Bytes,
    /// The answer's head, up to the empty line behind it.
    pub head: Bytes,
    /// Whether the answer's body is chunked; otherwise it ends with the stream.
    pub chunked: bool,
}

/// Serves one connection until it ends. `stream` is at the first byte behind the request, of which nothing is answered.
pub async fn serve_answer<S>(hub: Arc<Hub>, stream: S, opening: Opening, peer: Option<SocketAddr>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let Opening { transport, form, commands, head, chunked } = opening;
    let frames = Frames { events: transport == TransportKind::Sse, chunked };
    let mut answer =
        Answer { stream, form, frames, head, first: Some(commands), inbox: None, behind: 0, torn: false };
    match hub.admit(transport, form) {
        Ok(connection) => {
            answer.inbox = connection.key.clone().map(|key| hub.inboxes.open(key));
            serve(&hub, &connection, &mut answer, peer).await;
        }
        Err(why) => super::close(&hub, &mut answer, why.into()).await,
    }
}

/// What stands around the messages of an answer.
#[derive(Clone, Copy)]
struct Frames {
    /// Each message is an event.
    events: bool,
    chunked: bool,
}

impl Frames {
    /// What stands before all messages: an empty line, with which some proxies and browsers begin to pass events on.
    fn preface(self) -> &'static [u8] {
        if self.events { b"\r\n" } else { b"" }
    }

    /// What stands before and behind each message.
    fn around(self, form: Form) -> (&'static [u8], &'static [u8]) {
        match form {
            _ if self.events => (b"data: ", b"\n\n"),
            Form::Json => (b"", b"\n"),
            Form::Protobuf => (b"", b""),
        }
    }
}

/// An answer under way.
struct Answer<S> {
    stream: S,
    form: Form,
    frames: Frames,
    /// The head, until it is written: with the first message.
    head: Bytes,
    /// The commands of the request, until they are read.
    first: Option<Bytes>,
    /// Later commands; `None` when none are taken any more.
    inbox: Option<Inbox>,
    /// Bytes that came behind the request.
    behind: usize,
    /// A write was begun and is not done: nothing that followed it could be read.
    torn: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Answer<S> {
    /// Waits until the client has hung up, or has said more than may come. It may be given up at any time.
    async fn end_of(stream: &mut S, behind: &mut usize) -> End {
        let mut strange = [0; BEHIND];
        while *behind <= BEHIND {
            match stream.read(&mut strange).await {
                Ok(0) => return End::Left,
                Ok(read) => *behind = behind.saturating_add(read),
                Err(_) => return End::Gone,
            }
        }
        Disconnect::BAD_REQUEST.into()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Transport for Answer<S> {
    async fn read(&mut self) -> Result<Bytes, End> {
        if let Some(first) = self.first.take() {
            return Ok(first);
        }
        let Self { stream, inbox, behind, .. } = self;
        let Some(inbox) = inbox else { return Err(End::Gone) };
        tokio::select! {
            // What was taken is carried out, also when its client has hung up behind it.
            biased;
            commands = inbox.next() => commands.ok_or(End::Gone),
            end = Self::end_of(stream, behind) => Err(end),
        }
    }

    async fn hung_up(&mut self) -> End {
        Self::end_of(&mut self.stream, &mut self.behind).await
    }

    async fn write(&mut self, form: Form, messages: &[Frame]) -> io::Result<()> {
        let Self { stream, frames, head, torn, .. } = self;
        let (before, behind) = frames.around(form);
        let preface = if head.is_empty() { b"" } else { frames.preface() };
        let around = before.len() + behind.len();
        let length = preface.len() + messages.iter().map(|message| message.len() + around).sum::<usize>();
        let (size, end) = match frames.chunked {
            true => (format!("{length:x}\r\n"), &b"\r\n"[..]),
            false => (String::new(), &b""[..]),
        };
        let mut slices = Vec::with_capacity(4 + 3 * messages.len());
        slices.extend([head.as_ref(), size.as_bytes(), preface].map(IoSlice::new));
        for message in messages {
            slices.extend([before, message.as_bytes(), behind].map(IoSlice::new));
        }
        slices.push(IoSlice::new(end));
        *torn = true;
        write_all(stream, &mut slices).await?;
        stream.flush().await?;
        *torn = false;
        *head = Bytes::new();
        Ok(())
    }

    fn trust(&mut self) {}

    async fn close(&mut self, end: End) -> io::Result<()> {
        // Whoever posts from now on is told that the session is over.
        self.inbox = None;
        let End::Close(why) = end else { return Ok(()) };
        if self.torn {
            return Ok(());
        }
        let push = Push { channel: "", body: PushBody::Disconnect(why) };
        self.write(self.form, &[self.form.push(&push)]).await?;
        if self.frames.chunked {
            self.stream.write_all(LAST_CHUNK).await?;
        }
        self.stream.shutdown().await?;
        // A stream that is given up with something unread in it takes back what the client has not read.
        let mut strange = [0; BEHIND];
        while self.stream.read(&mut strange).await? > 0 {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn answer(
        frames: Frames,
        form: Form,
        pipe: usize,
    ) -> (Answer<tokio::io::DuplexStream>, tokio::io::DuplexStream) {
        let (stream, theirs) = tokio::io::duplex(pipe);
        let head = Bytes::from_static(b"HEAD\r\n\r\n");
        (Answer { stream, form, frames, head, first: None, inbox: None, behind: 0, torn: false }, theirs)
    }

    async fn written(frames: Frames, form: Form, messages: [&'static [u8]; 2]) -> String {
        let (mut answer, mut theirs) = answer(frames, form, 1 << 16);
        let messages = messages.map(|message| Frame::from(message.to_vec()));
        answer.write(form, &messages).await.unwrap();
        answer.write(form, &messages[1..]).await.unwrap();
        drop(answer);
        let mut bytes = Vec::new();
        theirs.read_to_end(&mut bytes).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn the_head_goes_first_and_messages_are_framed_as_their_transport_has_them() {
        let plain = Frames { events: false, chunked: false };
        let text = written(plain, Form::Json, [b"{}", b"{\"id\":1}"]).await;
        assert_eq!(text, "HEAD\r\n\r\n{}\n{\"id\":1}\n{\"id\":1}\n");
        let bytes = written(plain, Form::Protobuf, [b"\x01a", b"\x00"]).await;
        assert_eq!(bytes, "HEAD\r\n\r\n\x01a\x00\x00");
        let chunked = written(Frames { chunked: true, ..plain }, Form::Json, [b"{}", b"{\"id\":1}"]).await;
        assert_eq!(chunked, "HEAD\r\n\r\nc\r\n{}\n{\"id\":1}\n\r\n9\r\n{\"id\":1}\n\r\n");
        let events = written(Frames { events: true, chunked: true }, Form::Json, [b"{}", b"[]"]).await;
        assert_eq!(events, "HEAD\r\n\r\n16\r\n\r\ndata: {}\n\ndata: []\n\n\r\na\r\ndata: []\n\n\r\n");
    }

    #[tokio::test]
    async fn an_end_is_told_and_closes_the_body_unless_a_write_is_half_way_out() {
        let frames = Frames { events: false, chunked: true };
        let (mut whole, mut theirs) = answer(frames, Form::Json, 1 << 16);
        let closing = async { whole.close(Disconnect::SHUTDOWN.into()).await };
        let reading = async {
            let mut text = String::new();
            theirs.read_to_string(&mut text).await.unwrap();
            drop(theirs);
            text
        };
        let (closed, text) = tokio::join!(closing, reading);
        assert!(closed.is_ok() && text.ends_with("\"reason\":\"shutdown\"}}}\n\r\n0\r\n\r\n"), "{text}");
        let (mut torn, mut theirs) = answer(frames, Form::Json, 8);
        let long = [Frame::from("x".repeat(100))];
        assert!(torn.write(Form::Json, &long).now_or_never().is_none());
        torn.close(Disconnect::WRITE_ERROR.into()).await.unwrap();
        drop(torn);
        let mut text = String::new();
        theirs.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "HEAD\r\n\r\n");
    }

    #[tokio::test]
    async fn a_client_that_hangs_up_is_seen_and_one_that_says_more_than_nothing_is_closed() {
        let frames = Frames { events: false, chunked: true };
        let (mut answer, mut theirs) = answer(frames, Form::Json, 1 << 16);
        let mut behind = 0;
        theirs.write_all(b"\r\n").await.unwrap();
        assert!(Answer::end_of(&mut answer.stream, &mut behind).now_or_never().is_none());
        theirs.write_all(&[b'x'; BEHIND]).await.unwrap();
        let refused = Answer::end_of(&mut answer.stream, &mut behind).now_or_never();
        assert_eq!(refused, Some(Disconnect::BAD_REQUEST.into()));
        drop(theirs);
        assert_eq!(Answer::end_of(&mut answer.stream, &mut 0).await, End::Left);
    }
}
