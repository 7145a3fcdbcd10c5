//! The connection: how it is made, what is known of it, and how it is asked whether the server has read everything.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_nats::{
    Client, ConnectErrorKind, ConnectOptions, Event, Request, client::RequestErrorKind, connection::State,
};
use muster_core::{complaint::Complaint, id::NodeId};
use tokio::{sync::Notify, time::Instant};

use super::{
    options::{Login, NatsOptions},
    subject::Subjects,
};

/// How long the first connection may take before the node goes on without: a start must not wait for NATS, and a NATS
/// that starts at the same moment should be met.
const FIRST_CONNECTION: Duration = Duration::from_secs(3);
/// The pause between two attempts at the first connection.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How long one server may take to answer: the next one may be well.
const ONE_SERVER: Duration = Duration::from_secs(2);
/// The shortest and the longest pause before an attempt to reconnect.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));
/// How often the server is asked whether it lives. The third question without an answer ends the connection, so a cut
/// cable is noticed within about four seconds.
const PING_EVERY: Duration = Duration::from_secs(1);
/// Messages that may wait for the connection: a burst of some milliseconds. More are dropped and confessed.
const OUTGOING: usize = 8_192;
/// Messages of one subject that may wait for the listeners. More are dropped by the client library, which says so.
const INCOMING: usize = 4_096;
/// How long the server may take to say that it has read everything.
const PROBE: Duration = Duration::from_secs(1);

/// Why no bus was made.
#[derive(Debug, thiserror::Error)]
pub enum NatsError {
    /// A file of the options cannot be used.
    #[error("the file {} that the bus's URL names cannot be used: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The nkey's or credentials' key is none.
    #[error("the key to sign in to NATS with is none: make it anew with nsc or nk")]
    Key,
    /// NATS does not let this client in.
    #[error(
        "NATS refuses to let this node in: check the user and password, token, credentials or nkey of the bus's URL"
    )]
    Refused,
    /// Certificates or keys do not make TLS possible.
    #[error(
        "TLS to NATS is not possible: {0}; check ca, cert and key of the bus's URL and the system's certificates"
    )]
    Tls(String),
}

/// What the connection has told.
#[derive(Debug)]
pub(super) struct Link {
    /// Says once that NATS is away, and that it is back: the library tries again several times a second.
    reaching: Complaint,
    /// Why there is no connection, or why there was none.
    reason: Mutex<String>,
    /// The last complaint of the server that did not end the connection.
    complaint: Mutex<String>,
    /// Messages that the client library dropped because their listeners were slow.
    overruns: AtomicU64,
    /// Something happened that the subscriptions may need care for.
    pub(super) stirred: Notify,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            reaching: Complaint::about("reaching NATS, and by it other nodes,"),
            reason: Mutex::default(),
            complaint: Mutex::default(),
            overruns: AtomicU64::new(0),
            stirred: Notify::new(),
        }
    }
}

impl Link {
    fn take(&self, event: &Event) {
        match event {
            Event::Connected => self.reaching.passed(),
            Event::Closed | Event::Draining | Event::LameDuckMode => {}
            Event::Disconnected => self.lose("the connection was lost".to_owned()),
            Event::ClientError(error) => self.lose(plain(&error.to_string())),
            Event::SlowConsumer(_) => {
                self.overruns.fetch_add(1, Ordering::Relaxed);
            }
            Event::ServerError(error) => {
                let text = plain(&error.to_string());
                let mut complaint = lock(&self.complaint);
                // A missing permission is complained of with every message.
                if *complaint != text {
                    tracing::warn!(complaint = text, "NATS complains");
                    *complaint = text;
                }
            }
        }
        self.stirred.notify_one();
    }

    /// Notes why there is no connection.
    pub(super) fn lose(&self, why: String) {
        self.reaching.failed(&why, 1);
        *lock(&self.reason) = why;
    }

    /// Why there is no connection.
    pub(super) fn reason(&self) -> String {
        lock(&self.reason).clone()
    }

    /// How many messages were dropped because the listeners were slow.
    pub(super) fn overruns(&self) -> u64 {
        self.overruns.load(Ordering::Relaxed)
    }
}

fn lock(text: &Mutex<String>) -> MutexGuard<'_, String> {
    text.lock().unwrap_or_else(PoisonError::into_inner)
}

fn plain(text: &str) -> String {
    text.strip_prefix("nats: ").unwrap_or(text).to_owned()
}

/// Connects, or begins to try for as long as it takes.
pub(super) async fn connect(
    options: &NatsOptions,
    subjects: &Subjects,
    node: &NodeId,
    link: &Arc<Link>,
) -> Result<Client, NatsError> {
    let settings = settings(options, subjects, node).await?;
    let deadline = Instant::now() + FIRST_CONNECTION;
    let mut reason = String::from("no server answered in time");
    loop {
        // Every attempt has its own settings, which cannot be cloned.
        let attempt = settings.build(link)?.connect(options.servers.as_slice());
        match tokio::time::timeout_at(deadline, attempt).await {
            Ok(Ok(client)) => return Ok(client),
            Ok(Err(error)) => match error.kind() {
                ConnectErrorKind::AuthorizationViolation => return Err(NatsError::Refused),
                ConnectErrorKind::Authentication => return Err(NatsError::Key),
                ConnectErrorKind::Tls => return Err(NatsError::Tls(error.to_string())),
                _ => reason = error.to_string(),
            },
            Err(_) => break,
        }
        if Instant::now() + FIRST_PAUSE >= deadline {
            break;
        }
        tokio::time::sleep(FIRST_PAUSE).await;
    }
    link.lose(reason);
    let endless = settings.build(link)?.retry_on_initial_connect();
    endless.connect(options.servers.as_slice()).await.map_err(|error| NatsError::Tls(error.to_string()))
}

/// What every attempt to connect needs, with the files read.
struct Settings<'a> {
    options: &'a NatsOptions,
    inbox: String,
    name: String,
    secret: Option<(&'a Path, String)>,
}

async fn settings<'a>(
    options: &'a NatsOptions,
    subjects: &Subjects,
    node: &NodeId,
) -> Result<Settings<'a>, NatsError> {
    let secret = match &options.login {
        Login::Credentials(path) | Login::Nkey(path) => Some((path.as_path(), read(path).await?)),
        _ => None,
    };
    // The library reads these at every connection; here only to tell at once that they cannot be read.
    let identity = options.identity.iter().flat_map(|(cert, key)| [cert, key]);
    for path in options.ca.iter().chain(identity) {
        read(path).await?;
    }
    Ok(Settings { options, inbox: subjects.inbox(), name: format!("muster {node}"), secret })
}

async fn read(path: &Path) -> Result<String, NatsError> {
    tokio::fs::read_to_string(path).await.map_err(|error| NatsError::File { path: path.to_owned(), error })
}

impl Settings<'_> {
    fn build(&self, link: &Arc<Link>) -> Result<ConnectOptions, NatsError> {
        let events = Arc::clone(link);
        let mut to = ConnectOptions::new()
            .name(&self.name)
            .no_echo()
            .custom_inbox_prefix(&self.inbox)
            .connection_timeout(ONE_SERVER)
            .ping_interval(PING_EVERY)
            .client_capacity(OUTGOING)
            .subscription_capacity(INCOMING)
            .reconnect_delay_callback(pause)
            .require_tls(self.options.tls)
            .event_callback(move |event| {
                events.take(&event);
                std::future::ready(())
            });
        if self.options.tls_first {
            to = to.tls_first();
        }
        if let Some(ca) = &self.options.ca {
            to = to.add_root_certificates(ca.clone());
        }
        if let Some((cert, key)) = &self.options.identity {
            to = to.add_client_certificate(cert.clone(), key.clone());
        }
        Ok(match (&self.options.login, &self.secret) {
            (Login::Password { user, password }, _) => to.user_and_password(user.clone(), password.clone()),
            (Login::Token(token), _) => to.token(token.clone()),
            (Login::Nkey(_), Some((_, seed))) => to.nkey(seed.trim().to_owned()),
            (Login::Credentials(_), Some((path, text))) => {
                to.credentials(text).map_err(|error| NatsError::File { path: (*path).to_owned(), error })?
            }
            _ => to,
        })
    }
}

/// The pause before an attempt, which doubles from one to the next.
fn pause(attempt: usize) -> Duration {
    let (shortest, longest) = PAUSES;
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
    shortest.saturating_mul(2_u32.saturating_pow(doublings)).min(longest)
}

/// Whether there is a connection now.
pub(super) fn is_up(client: &Client) -> bool {
    client.connection_state() == State::Connected
}

/// How many connections there have been.
pub(super) fn connections(client: &Client) -> u64 {
    client.statistics().connects.load(Ordering::Relaxed)
}

/// Waits until the server has read all that was sent before; false when that could not be learnt.
///
/// The library's `flush` waits for the socket only. So a request goes where nobody listens: the server reads in order,
/// and answers that nobody is there. Somebody who watches all subjects makes that answer stay away; then a second on
/// a connection that lasts has to be enough.
pub(super) async fn probe(client: &Client, subjects: &Subjects) -> bool {
    let before = connections(client);
    let request = Request::new().timeout(Some(PROBE));
    match client.send_request(subjects.nobody(), request).await {
        Ok(_) => true,
        Err(error) => match error.kind() {
            RequestErrorKind::NoResponders => true,
            RequestErrorKind::TimedOut => is_up(client) && connections(client) == before,
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_second() {
        assert_eq!([1, 2, 3].map(pause), [20, 40, 80].map(Duration::from_millis));
        assert_eq!([7, 100].map(pause), [Duration::from_secs(1); 2]);
    }
}
