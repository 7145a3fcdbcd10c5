//! Connections over WebSocket. The library of the protocol is named in here alone.
//!
//! It reads, answers pings and closes; messages are written beside it, from where they are. At rest a connection holds
//! its small read buffer.

mod frames;
mod frugal;

use std::{future::pending, io, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{End, Transport, TransportKind, close, serve};
use crate::{
    hub::Hub,
    lobby::Guest,
    protocol::{Disconnect, Form, Frame},
};
use frugal::Frugal;

/// Bytes of the library's read buffer. It is kept for as long as the connection lasts, and filled with zeros at every
/// look for something to read; the default is 128 KiB.
const READ_BUFFER: usize = 128;

/// The bits of a frame's first byte that say what it is, and what they are of one that closes the connection.
const OPCODE: u8 = 0x0f;
const CLOSE: u8 = 0x08;

/// What a client asks for in its handshake.
#[derive(Clone, Copy, Debug)]
pub struct Handshake {
    /// How messages are written.
    pub form: Form,
    /// Whether the server pings by WebSocket's own frames, which browsers and debugging tools answer by themselves, and not
    /// by messages of the protocol.
    pub frame_pings: bool,
}

impl From<Form> for Handshake {
    fn from(form: Form) -> Self {
        Self { form, frame_pings: false }
    }
}

/// A connection as the protocol's library has it.
type Library<S> = WebSocketStream<Frugal<S>>;

/// A connection, and what its client has asked for.
struct Socket<S> {
    library: Library<S>,
    asked: Handshake,
    /// Whether a ping frame waits for its pong.
    pinged: bool,
    /// Whether the first frame was read, and no byte behind it.
    is_behind_first: bool,
}

/// The WebSocket settings of a server's connections: for the binary's handshake, if that makes the stream.
fn settings(hub: &Hub) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(hub.config.message_bytes))
        .max_frame_size(Some(hub.config.message_bytes))
}

/// Serves one connection until it ends. The HTTP upgrade is done; `stream` is at the first byte behind it.
pub async fn serve_socket<S>(hub: Arc<Hub>, stream: S, asked: impl Into<Handshake>, peer: Option<SocketAddr>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    // Boxed for the moment: inside, it would take its place in the task for as long as the connection lasts.
    let library = WebSocketStream::from_raw_socket(Frugal::new(stream), Role::Server, Some(settings(&hub)));
    let (library, asked) = (Box::pin(library).await, asked.into());
    let mut socket = Socket { library, asked, pinged: false, is_behind_first: false };
    match hub.admit(TransportKind::WebSocket, socket.asked.form) {
        Ok(connection) => {
            let guest = Guest::new(Arc::clone(&hub.lobby), Arc::clone(&connection), hub.config.login_bytes);
            socket.library.get_mut().count(guest);
            serve(&hub, &connection, &mut socket, peer).await;
        }
        Err(why) => Box::pin(close(&hub, &mut socket, why.into())).await,
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Transport for Socket<S> {
    async fn read(&mut self) -> Result<Bytes, End> {
        loop {
            let received = self.library.next().await;
            if let Some(Ok(Message::Pong(_))) = received
                && std::mem::take(&mut self.pinged)
            {
                return Ok(self.asked.form.pong());
            }
            if let Some(frame) = frame_of(received)? {
                self.is_behind_first = self.library.get_ref().handed() == size_of(frame.len());
                return Ok(frame);
            }
        }
    }

    /// A client that gives its login up closes the connection, and the stream lasts until that is answered. One that says
    /// anything else behind its login has not given up, though it closes behind that: it has said all.
    async fn hung_up(&mut self) -> End {
        match self.library.get_mut().next_byte().await {
            None => End::Gone,
            Some(first) if self.is_behind_first && first & OPCODE == CLOSE => End::Left,
            Some(_) => pending().await,
        }
    }

    async fn write(&mut self, form: Form, messages: &[Frame]) -> io::Result<()> {
        // What the library has to say itself, such as a pong, goes first: whole.
        self.library.flush().await.map_err(io::Error::other)?;
        frames::write_messages(self.library.get_mut(), form, messages).await
    }

    fn pings_itself(&self) -> bool {
        self.asked.frame_pings
    }

    async fn ping(&mut self) -> io::Result<()> {
        self.pinged = true;
        self.library.send(Message::Ping(Bytes::new())).await.map_err(io::Error::other)
    }

    fn trust(&mut self) {
        self.library.get_mut().trust();
    }

    async fn close(&mut self, end: End) -> io::Result<()> {
        let End::Close(Disconnect { code, reason }) = end else {
            // The client's own close may not be read yet. The answer to it is ready then, and has to be sent.
            while let Some(Ok(_)) = self.library.next().await {}
            return self.library.flush().await.map_err(io::Error::other);
        };
        let frame = CloseFrame { code: CloseCode::from(code), reason: Utf8Bytes::from_static(reason) };
        self.library.send(Message::Close(Some(frame))).await.map_err(io::Error::other)?;
        while let Some(Ok(_)) = self.library.next().await {}
        Ok(())
    }
}

/// Bytes of a client's frame with so many in it (RFC 6455 section 5.2): its header has a mask.
fn size_of(payload: usize) -> usize {
    let header = match payload {
        ..=125 => 6,
        126..=0xffff => 8,
        _ => 14,
    };
    payload + header
}

/// What a received message holds, if it is for the session. Either kind of message may hold either form.
fn frame_of(received: Option<Result<Message, Error>>) -> Result<Option<Bytes>, End> {
    match received {
        Some(Ok(Message::Text(text))) => Ok(Some(text.into())),
        Some(Ok(Message::Binary(bytes))) => Ok(Some(bytes)),
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(None),
        Some(Err(Error::Capacity(_))) => Err(Disconnect::TOO_BIG.into()),
        Some(Err(Error::Io(error))) if error.kind() == io::ErrorKind::FileTooLarge => {
            Err(Disconnect::TOO_BIG.into())
        }
        Some(Ok(Message::Close(_))) => Err(End::Left),
        Some(Err(_)) | None => Err(End::Gone),
    }
}
