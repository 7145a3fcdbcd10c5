//! A connection's task, whatever the way to its client: it reads commands, carries them out, and writes what waits.
//!
//! Everything that waits goes out in as few writes as may be, with one deadline for each. Commands and writing are polled
//! together: a command that waits for the store holds up no write, and a client that does not read holds up nothing but
//! its own next command. A connection at rest holds one timer and no queue, beside what its transport holds.
//!
//! A [`Transport`] says how frames of commands come in, how messages go out, and how the end is told; all else is here,
//! once. To add one: give its stream a type, implement the trait, take the connection in with [`Hub::admit`], and call
//! [`serve`].

mod beat;
mod emulation;
mod kind;
mod one_way;
mod vectored;
mod websocket;
mod writer;

use std::{io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use muster_core::callback::LogoffReason;
use tokio::time::{Instant, timeout};

use crate::{
    hub::{Connection, Hub},
    protocol::{Disconnect, Form, Frame},
    session::{Session, Stage},
};
use beat::Beat;
use writer::{Writer, work_and_write};

pub use emulation::NotTaken;
pub use kind::TransportKind;
pub use one_way::{Opening, serve_answer};
pub use websocket::{Handshake, serve_socket};

/// Writes after which the client is heard though more waits to be written.
const WRITTEN_IN_A_ROW: u32 = 16;
/// How long the client has to close after it was asked to, or after its login was refused.
const CLOSE_WAIT: Duration = Duration::from_secs(5);

/// The way between the server and one client.
///
/// A connection's task owns it and calls one method at a time. Nothing is kept for a client at rest but what reading
/// needs.
pub(crate) trait Transport: Send {
    /// The next frame of commands, in the connection's form; how the connection came to its end when there is none any more.
    /// It may be given up at any time, and nothing is lost then.
    fn read(&mut self) -> impl Future<Output = Result<Bytes, End>> + Send;

    /// Waits until the client has hung up, and takes nothing in meanwhile that [`read`](Self::read) would return; how it has.
    /// It may be given up at any time.
    fn hung_up(&mut self) -> impl Future<Output = End> + Send;

    /// Writes messages in order, with as few calls as may be. There is at least one. It is given up when it takes too long,
    /// and then nothing else is written but [`Transport::close`].
    ///
    /// # Errors
    /// The stream's: the client is gone.
    fn write(&mut self, form: Form, messages: &[Frame]) -> impl Future<Output = io::Result<()>> + Send;

    /// Whether pings are the transport's own, because the client has asked for that. Then the protocol has none.
    fn pings_itself(&self) -> bool {
        false
    }

    /// Sends a ping of the transport's own; the pong to it is read as the protocol's. It is given up when it takes too long,
    /// as a write is.
    ///
    /// # Errors
    /// The stream's: the client is gone.
    fn ping(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    /// The login has arrived: what is read from now on is no stranger's.
    fn trust(&mut self);

    /// Tells the client the end, which may be gone, and waits until it has taken it in. It is given up after
    /// [`CLOSE_WAIT`].
    ///
    /// # Errors
    /// The stream's.
    fn close(&mut self, end: End) -> impl Future<Output = io::Result<()>> + Send;
}

/// How a connection came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
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

/// Serves a connection that the hub has taken in, until it ends.
pub(crate) async fn serve<T: Transport>(
    hub: &Arc<Hub>,
    connection: &Arc<Connection>,
    transport: &mut T,
    peer: Option<SocketAddr>,
) {
    let end = Box::pin(run(hub, connection, transport, peer)).await;
    // Nobody waits for the closing but a drain, which wants its word to arrive.
    hub.depart(connection, end.reason());
    tracing::debug!(?peer, ?end, "a connection ended");
    Box::pin(close(hub, transport, end)).await;
    hub.counters.ended(connection.transport, connection.form);
}

/// Says good-bye, to a client that may be gone.
pub(crate) async fn close<T: Transport>(hub: &Hub, transport: &mut T, end: End) {
    if let End::Close(Disconnect { code, .. }) = end {
        hub.counters.closed(code);
    }
    if !matches!(timeout(CLOSE_WAIT, transport.close(end)).await, Ok(Ok(()))) {
        tracing::debug!("a client did not take part in the closing");
    }
}

async fn run<T: Transport>(
    hub: &Arc<Hub>,
    connection: &Arc<Connection>,
    transport: &mut T,
    peer: Option<SocketAddr>,
) -> End {
    let mut session = Session::new(Arc::clone(hub), Arc::clone(connection), peer);
    session.pings = !transport.pings_itself();
    let mut writer = Writer::new(hub, connection, transport);
    let mut beat = Beat::new(hub);
    let mut written_in_a_row = 0;
    let end = loop {
        // What is to be written goes first, which costs a broadcast the least; but a client is heard in between.
        let turn = if written_in_a_row < WRITTEN_IN_A_ROW {
            tokio::select! {
                biased;
                () = connection.outbox.filled() => Turn::Write,
                () = beat.due() => Turn::Beat,
                received = writer.transport.read() => Turn::Read(received),
            }
        } else {
            tokio::select! {
                biased;
                () = beat.due() => Turn::Beat,
                received = writer.transport.read() => Turn::Read(received),
                () = connection.outbox.filled() => Turn::Write,
            }
        };
        written_in_a_row =
            if matches!(turn, Turn::Write) { written_in_a_row % WRITTEN_IN_A_ROW + 1 } else { 0 };
        let step = match turn {
            Turn::Write => writer.write().await,
            Turn::Beat => beat.pass(&session, &mut writer).await,
            Turn::Read(Ok(frame)) => Box::pin(carry_out(&mut session, &mut writer, &mut beat, &frame)).await,
            Turn::Read(Err(end)) => Err(end),
        };
        if let Err(end) = step {
            break end;
        }
        beat.follow(hub, &session);
        if session.stage == Stage::Live {
            writer.transport.trust();
        }
    };
    session.finish().await;
    end
}

/// What a connection's task does next.
enum Turn {
    Write,
    Beat,
    Read(Result<Bytes, End>),
}

/// Carries out the commands of a frame while writing goes on: neither waits for the other but for room. A command that
/// was begun is never given up half-way, also when its client is gone: what the store has done must be told. Pings and
/// pongs wait as long. While the client logs in it is watched: one that has hung up may be back by now, over a connection
/// which this login would end.
async fn carry_out<T: Transport>(
    session: &mut Session,
    writer: &mut Writer<'_, T>,
    beat: &mut Beat,
    frame: &[u8],
) -> Result<(), End> {
    let begun = Instant::now();
    let watched = session.stage == Stage::New;
    let (verdict, written) = {
        let work: Pin<Box<dyn Future<Output = Result<(), Disconnect>> + Send + '_>> =
            Box::pin(session.frame(frame));
        work_and_write(work, writer, watched).await
    };
    beat.follow(writer.hub, session);
    beat.excuse(begun.elapsed());
    written?;
    writer.write().await?;
    verdict.map_err(End::from)
}
