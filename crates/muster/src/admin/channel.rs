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
use serde_json::Value;
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
struct Request<C> {
    token: String,
    /// The version of the command line; empty of one that did not say.
    #[serde(default)]
    version: String,
    /// Who gave the command, as they say: whoever has the token may do everything, and would gain nothing by a lie but
    /// a wrong line.
    #[serde(default)]
    operator: Operator,
    command: C,
}

/// The version of this process. Commands and what they come to have no form that lasts: both sides are of one version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a running server is asked to do.
///
/// # Errors
/// The sentence that the other side is refused with.
fn understood(request: &Request<Value>) -> Result<AdminCommand, String> {
    if request.version != VERSION {
        let asking = match &*request.version {
            "" => "of another version",
            version => &format!("of version {version}"),
        };
        return Err(format!(
            "the server that runs is of version {VERSION} and this command is {asking}: use the `muster` that the server was \
             started with"
        ));
    }
    AdminCommand::deserialize(&request.command).map_err(|error| {
        format!(
            "the server that runs does not know this command ({error}): use the `muster` that the server was started with"
        )
    })
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
    let request: Request<Value> = serde_json::from_slice(&line)?;
    let asked = match muster.master().same("admin token", token, &request.token) {
        true => understood(&request),
        false => Err("the token is not this server's".to_owned()),
    };
    let outcome: Outcome = match asked {
        Ok(command) => {
            let outcome = execute(muster, &request.operator, command).await;
            // Whoever is answered may use a new key at once. Should it fail, the ring tries again by itself.
            let _ = keys.refresh(muster).await;
            outcome
        }
        Err(refusal) => Err(refusal),
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
    let version = VERSION.to_owned();
    let request = Request { token: door.token, version, operator: Operator::current(), command };
    stream.write_all(&serde_json::to_vec(&request)?)?;
    stream.write_all(b"\n")?;
    let mut answer = String::new();
    BufReader::new(stream.take(u64::MAX)).read_line(&mut answer)?;
    serde_json::from_str(&answer).context(
        "what the server that runs answered is not understood: use the `muster` that the server was started with",
    )
}

#[cfg(test)]
mod tests {
    use super::{super::command::User, *};

    fn request(version: &str, command: Value) -> Request<Value> {
        Request { token: String::new(), version: version.to_owned(), operator: Operator::default(), command }
    }

    #[test]
    fn a_command_of_another_version_is_refused_with_both_versions_named() {
        let command = AdminCommand::User(User::Add { name: "ann".to_owned() });
        let sent = serde_json::to_value(&command).unwrap();
        assert_eq!(understood(&request(VERSION, sent.clone())), Ok(command));
        for (version, named) in [("0.0.9", "of version 0.0.9"), ("", "of another version")] {
            let refusal = understood(&request(version, sent.clone())).unwrap_err();
            assert!(refusal.contains(named) && refusal.contains(VERSION), "{refusal}");
        }
        let refusal = understood(&request(VERSION, "Dance".into())).unwrap_err();
        assert!(refusal.contains("does not know this command"), "{refusal}");
    }

    #[test]
    fn a_command_arrives_as_it_was_given() {
        use clap::Parser as _;
        for line in [
            "user list",
            "key add ann",
            "key add --root",
            "role add r --max-session 7200",
            "role attach p r",
            "members a g --page 3",
            "token --app a --user u",
        ] {
            let cli = crate::cli::Cli::parse_from(["muster"].into_iter().chain(line.split(' ')));
            let crate::cli::Command::Store(crate::cli::StoreCommand::Admin(command)) = cli.command else {
                panic!("{line} is carried out here")
            };
            let arrived = understood(&request(VERSION, serde_json::to_value(&command).unwrap()));
            assert_eq!(arrived, Ok(command), "{line}");
        }
    }
}
