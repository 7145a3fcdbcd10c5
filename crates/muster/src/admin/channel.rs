//! The way from the command line to a running server: one JSON line each way over a loopback port. The port and a
//! token are in a file of the data directory that only its owner may read. Whoever else on the machine connects is let
//! go soon, and so many at a time wait.

use std::{
    fs::OpenOptions,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use muster_core::{random::Random, service::Muster};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};

use super::{AdminCommand, Outcome, execute};
use crate::{audit::Operator, config::AdminConfig, identities::KeyRing, net::accept};

/// The longest command, in bytes: a policy document and some.
const MAX_LINE: u64 = 256 * 1024;
/// How long the command line waits for the server.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Where a running server takes commands.
#[derive(Serialize, Deserialize)]
struct Door {
    address: SocketAddr,
    token: String,
}

#[derive(Serialize, Deserialize)]
struct Request {
    token: String,
    /// Who gave the command, as they say: whoever has the token may do everything, and would gain nothing by a lie but
    /// a wrong line.
    #[serde(default)]
    operator: Operator,
    command: AdminCommand,
}

fn door_file(directory: &Path) -> PathBuf {
    directory.join("admin.json")
}

/// A running server's ear for commands.
pub(crate) struct AdminListener {
    listener: TcpListener,
    door: Door,
    file: PathBuf,
}

impl AdminListener {
    /// Opens a port and says in the data directory which.
    pub(crate) async fn open(directory: &Path, random: &dyn Random) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("the port for commands")?;
        let door = Door { address: listener.local_addr()?, token: random.alphanumeric(43) };
        let file = door_file(directory);
        let draft = file.with_extension("new");
        let mut out = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&draft)?;
        out.write_all(&serde_json::to_vec(&door)?)?;
        std::fs::rename(&draft, &file)?;
        Ok(Self { listener, door, file })
    }

    /// Takes commands until it is dropped.
    pub(crate) async fn serve(self, muster: Arc<Muster>, keys: Arc<KeyRing>, bounds: AdminConfig) {
        let places = Arc::new(Semaphore::new(bounds.connections.min(Semaphore::MAX_PERMITS)));
        let time = Duration::from_secs(bounds.token_seconds);
        accept(&self.listener, "accepting commands", std::future::pending(), |stream, _| {
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                return tracing::debug!("closed a connection beyond `admin.connections`");
            };
            let (muster, keys, token) = (Arc::clone(&muster), Arc::clone(&keys), self.door.token.clone());
            tokio::spawn(async move {
                if let Err(error) = answer(stream, time, &muster, &keys, &token).await {
                    tracing::debug!(%error, "a command was not answered");
                }
                drop(place);
            });
        })
        .await;
    }
}

impl Drop for AdminListener {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

/// Takes one command. What has begun runs to its end, whether or not the other side waits for it.
async fn answer(
    mut stream: TcpStream,
    time: Duration,
    muster: &Arc<Muster>,
    keys: &KeyRing,
    token: &str,
) -> anyhow::Result<()> {
    let (read, mut write) = stream.split();
    let mut line = Vec::new();
    timeout(time, tokio::io::BufReader::new(read.take(MAX_LINE)).read_until(b'\n', &mut line)).await??;
    let request: Request = serde_json::from_slice(&line)?;
    let outcome: Outcome = if muster.master().same("admin token", token, &request.token) {
        let outcome = execute(muster, &request.operator, request.command).await;
        // Whoever is answered may use a new key at once. Should it fail, the ring tries again by itself.
        let _ = keys.refresh(muster).await;
        outcome
    } else {
        Err("the token is not this server's".to_owned())
    };
    let mut text = serde_json::to_vec(&outcome)?;
    text.push(b'\n');
    timeout(time, write.write_all(&text)).await??;
    Ok(())
}

/// Sends a command to the server that runs on a data directory.
pub(crate) fn send(directory: &Path, command: AdminCommand) -> anyhow::Result<Outcome> {
    let file = door_file(directory);
    let door = std::fs::read(&file).with_context(|| {
        format!("the server's {} cannot be read; who runs the server may", file.display())
    })?;
    let door: Door = serde_json::from_slice(&door)?;
    let mut stream = std::net::TcpStream::connect_timeout(&door.address, PATIENCE)
        .with_context(|| format!("the server's port for commands, {}", door.address))?;
    stream.set_read_timeout(command.patience())?;
    let request = Request { token: door.token, operator: Operator::current(), command };
    stream.write_all(&serde_json::to_vec(&request)?)?;
    stream.write_all(b"\n")?;
    let mut answer = String::new();
    BufReader::new(stream.take(u64::MAX)).read_line(&mut answer)?;
    serde_json::from_str(&answer).context("the server's answer")
}
