//! WebSocket connections: one task each, which reads commands, carries them out, and writes what waits.
//!
//! Everything that waits goes out in as few frames as may be, with one deadline for the write. Commands and writing are
//! polled together: a command that waits for the store holds up no write, and a client that does not read holds up
//! nothing but its own next command. A connection at rest holds a small read buffer, one timer, and no queue.

mod frames;
mod frugal;

use std::{
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use muster_core::callback::LogoffReason;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, Sleep, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use crate::{
    hub::{Connection, Hub},
    lobby::Guest,
    protocol::{Disconnect, Form, Frame},
    session::{Session, Stage},
};
use frugal::Frugal;

/// Bytes of the library's read buffer. It is kept for as long as the connection lasts, and filled with zeros at every
/// look for something to read; the default is 128 KiB.
const READ_BUFFER: usize = 128;
/// Writes after which the client is heard though more waits to be written.
const WRITTEN_IN_A_ROW: u32 = 16;
/// How long the client has to close after it was asked to, or after its login was refused.
const CLOSE_WAIT: Duration = Duration::from_secs(5);

/// A connection as the protocol's library has it.
type Socket<S> = WebSocketStream<Frugal<S>>;

/// The WebSocket settings of a server's connections: for the binary's handshake, if that makes the stream.
fn settings(hub: &Hub) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(hub.config.message_bytes))
        .max_frame_size(Some(hub.config.message_bytes))
}

/// Serves one connection, whose messages are written in this form, until it ends. The HTTP upgrade is done; `stream` is at
/// the first byte behind it.
pub async fn serve_socket<S>(hub: Arc<Hub>, stream: S, form: Form, peer: Option<SocketAddr>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    // Boxed for the moment: inside, it would take its place in the task for as long as the connection lasts.
    let socket = WebSocketStream::from_raw_socket(Frugal::new(stream), Role::Server, Some(settings(&hub)));
    let mut socket = Box::pin(socket).await;
    match hub.admit(form) {
        Ok(connection) => {
            let guest = Guest::new(Arc::clone(&hub.lobby), Arc::clone(&connection), hub.config.login_bytes);
            socket.get_mut().count(guest);
            let end = Box::pin(run(&hub, &connection, &mut socket, peer)).await;
            // Nobody waits for the closing but a drain, which wants its word to arrive.
            hub.depart(&connection, end.reason());
            tracing::debug!(?peer, ?end, "a connection ended");
            Box::pin(close(&hub, &mut socket, end)).await;
            hub.counters.connections.subtract(1);
        }
        Err(why) => Box::pin(close(&hub, &mut socket, why.into())).await,
    }
}

/// How a connection came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The client closed it.
    Left,
    /// It broke.
    Gone,
    /// The server closes it.
    Close(Disconnect),
}

impl End {
    /// Why the login that ends with the connection ended.
    fn reason(self) -> LogoffReason {
        match self {
            Self::Left => LogoffReason::Closed,
            Self::Gone | Self::Close(_) => LogoffReason::Lost,
        }
    }
}

impl From<Disconnect> for End {
    fn from(why: Disconnect) -> Self {
        Self::Close(why)
    }
}

/// Says good-bye, to a client that may be gone.
async fn close<S: AsyncRead + AsyncWrite + Unpin>(hub: &Hub, socket: &mut Socket<S>, end: End) {
    let closing = async {
        match end {
            // The answer to the client's own close is ready and has to be sent.
            End::Left | End::Gone => socket.flush().await,
            End::Close(Disconnect { code, reason }) => {
                hub.counters.closed(code);
                let frame =
                    CloseFrame { code: CloseCode::from(code), reason: Utf8Bytes::from_static(reason) };
                socket.send(Message::Close(Some(frame))).await?;
                while let Some(Ok(_)) = socket.next().await {}
                Ok(())
            }
        }
    };
    if !matches!(timeout(CLOSE_WAIT, closing).await, Ok(Ok(()))) {
        tracing::debug!("a client did not take part in the closing");
    }
}

async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    hub: &Arc<Hub>,
    connection: &Arc<Connection>,
    socket: &mut Socket<S>,
    peer: Option<SocketAddr>,
) -> End {
    let mut session = Session::new(Arc::clone(hub), Arc::clone(connection), peer);
    let mut writer = Writer { hub, connection, socket, batch: Vec::new() };
    let mut beat = Beat::new(hub);
    let mut written_in_a_row = 0;
    loop {
        // What is to be written goes first, which costs a broadcast the least; but a client is heard in between.
        let turn = if written_in_a_row < WRITTEN_IN_A_ROW {
            tokio::select! {
                biased;
                () = connection.outbox.filled() => Turn::Write,
                () = beat.due() => Turn::Beat,
                received = writer.socket.next() => Turn::Read(received),
            }
        } else {
            tokio::select! {
                biased;
                () = beat.due() => Turn::Beat,
                received = writer.socket.next() => Turn::Read(received),
                () = connection.outbox.filled() => Turn::Write,
            }
        };
        written_in_a_row =
            if matches!(turn, Turn::Write) { written_in_a_row % WRITTEN_IN_A_ROW + 1 } else { 0 };
        let step = match turn {
            Turn::Write => writer.write().await,
            Turn::Beat => beat.pass(hub, &session),
            Turn::Read(received) => match payload_of(received) {
                Ok(None) => Ok(()),
                Ok(Some(frame)) => Box::pin(carry_out(&mut session, &mut writer, &mut beat, &frame)).await,
                Err(end) => Err(end),
            },
        };
        if let Err(end) = step {
            return end;
        }
        beat.follow(hub, session.stage);
        if session.stage == Stage::Live {
            writer.socket.get_mut().trust();
        }
    }
}

/// What a connection's task does next.
enum Turn {
    Write,
    Beat,
    Read(Option<Result<Message, Error>>),
}

/// The bytes of a received message, if it is for the session. Either kind of message may carry either form.
fn payload_of(received: Option<Result<Message, Error>>) -> Result<Option<Bytes>, End> {
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

/// Carries out the commands of a frame while writing goes on: neither waits for the other but for room. A command that
/// was begun is never given up half-way, also when its client is gone: what the store has done must be told. Pings and
/// pongs wait as long.
async fn carry_out<S: AsyncRead + AsyncWrite + Unpin>(
    session: &mut Session,
    writer: &mut Writer<'_, S>,
    beat: &mut Beat,
    frame: &[u8],
) -> Result<(), End> {
    let begun = Instant::now();
    let (verdict, written) = {
        let work: Pin<Box<dyn Future<Output = Result<(), Disconnect>> + Send + '_>> =
            Box::pin(session.frame(frame));
        work_and_write(work, writer).await
    };
    beat.follow(writer.hub, session.stage);
    beat.excuse(begun.elapsed());
    written?;
    writer.write().await?;
    verdict.map_err(End::from)
}

/// Polls the work and the writing together until the work is done and no write is half-way out. When a write fails, the
/// work is told that nothing more is to be begun.
async fn work_and_write<S: AsyncRead + AsyncWrite + Unpin>(
    mut work: Pin<Box<dyn Future<Output = Result<(), Disconnect>> + Send + '_>>,
    writer: &mut Writer<'_, S>,
) -> (Result<(), Disconnect>, Result<(), End>) {
    let outbox = &writer.connection.outbox;
    loop {
        tokio::select! {
            verdict = &mut work => return (verdict, Ok(())),
            () = outbox.filled() => {}
        }
        let mut done = None;
        let written = {
            let mut write = pin!(writer.write());
            loop {
                tokio::select! {
                    written = &mut write => break written,
                    verdict = &mut work, if done.is_none() => done = Some(verdict),
                }
            }
        };
        if written.is_err() {
            outbox.abandon();
        }
        match done {
            Some(verdict) => return (verdict, written),
            None if written.is_err() => return (work.await, written),
            None => {}
        }
    }
}

struct Writer<'a, S> {
    hub: &'a Arc<Hub>,
    connection: &'a Arc<Connection>,
    socket: &'a mut Socket<S>,
    /// What is being written; empty in between.
    batch: Vec<Frame>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Writer<'_, S> {
    /// Writes everything that waits.
    async fn write(&mut self) -> Result<(), End> {
        let closing = self.connection.outbox.take(&mut self.batch);
        if !self.batch.is_empty() {
            let deadline = self.hub.config.write_timeout();
            let written = {
                let mut sending = pin!(send_all(self.socket, self.connection.form, &self.batch));
                // Nearly always the kernel takes it at once, and no timer is needed.
                match sending.as_mut().now_or_never() {
                    Some(written) => Ok(written),
                    None => timeout(deadline, sending).await,
                }
            };
            let bytes: usize = self.batch.iter().map(Frame::len).sum();
            self.hub.counters.bytes_out.add((bytes + self.batch.len()) as u64);
            self.batch.clear();
            match written {
                Err(_) => return Err(Disconnect::WRITE_ERROR.into()),
                Ok(Err(_)) => return Err(End::Gone),
                Ok(Ok(())) => self.connection.outbox.written(bytes),
            }
        }
        closing.map_or(Ok(()), |why| Err(why.into()))
    }
}

/// Sends messages in order.
async fn send_all<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut Socket<S>,
    form: Form,
    messages: &[Frame],
) -> Result<(), Error> {
    // What the library has to say itself, such as a pong, goes first: whole.
    socket.flush().await?;
    Ok(frames::write_messages(socket.get_mut(), form, messages).await?)
}

/// The one timer of a connection: the deadline of its login first, then pings and their answers.
struct Beat {
    timer: Pin<Box<Sleep>>,
    next: Next,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// The client has to have logged in, or to be gone after a refusal.
    Connected(Stage),
    Ping,
    /// The last ping, sent at this time, has to have been answered.
    Pong(Instant),
}

impl Beat {
    fn new(hub: &Hub) -> Self {
        let timer = Box::pin(sleep_until(Instant::now() + hub.config.connect_timeout()));
        Self { timer, next: Next::Connected(Stage::New) }
    }

    async fn due(&mut self) {
        self.timer.as_mut().await;
    }

    fn at(&mut self, when: Instant, next: Next) {
        self.timer.as_mut().reset(when);
        self.next = next;
    }

    /// Notes how far the connection has come.
    fn follow(&mut self, hub: &Hub, stage: Stage) {
        if let Next::Connected(known) = self.next
            && known != stage
        {
            let now = Instant::now();
            match stage {
                Stage::Live => self.at(now + first_ping(hub), Next::Ping),
                Stage::New | Stage::Refused => self.at(now + CLOSE_WAIT, Next::Connected(stage)),
            }
        }
    }

    /// Gives the client more time for its pong: none was read meanwhile.
    fn excuse(&mut self, busy: Duration) {
        if let Next::Pong(_) = self.next {
            let deadline = self.timer.deadline() + busy;
            self.timer.as_mut().reset(deadline);
        }
    }

    /// Does what is due.
    fn pass(&mut self, hub: &Hub, session: &Session) -> Result<(), End> {
        let now = Instant::now();
        match self.next {
            Next::Connected(_) => Err(Disconnect::STALE.into()),
            Next::Ping => {
                session.pinged();
                session.connection.outbox.reply(session.connection.form.ping());
                self.at(now + hub.config.pong_timeout(), Next::Pong(now));
                Ok(())
            }
            Next::Pong(pinged) if session.has_pong() => {
                self.at(pinged + hub.config.ping(), Next::Ping);
                Ok(())
            }
            Next::Pong(_) => Err(Disconnect::NO_PONG.into()),
        }
    }
}

/// When the first ping is sent: at random in the second half of the interval, so that clients which came together are
/// not pinged together.
fn first_ping(hub: &Hub) -> Duration {
    let mut random = [0; 2];
    hub.muster.random().fill(&mut random);
    let half = hub.config.ping() / 2;
    half + half * u32::from(u16::from_le_bytes(random)) / (u32::from(u16::MAX) + 1)
}
