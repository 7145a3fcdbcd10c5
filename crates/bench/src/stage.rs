//! What is measured: a server with its own data directory, filled before it starts, and a bare one beside it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use futures_util::{SinkExt as _, StreamExt as _};
use muster_core::{
    app::Generation,
    id::{GroupId, GroupRef, UserId},
    service::{AppScope, Muster, NewApp, NewGroup, OpenApp, Telling},
};
use muster_realtime::login::{LiveLogin, live_connect_token};
use tokio::{net::TcpStream, task::JoinSet, time::Instant};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::{Host, Services, requests::Caller};

/// How servers are set up: no bound on how often is what is measured.
const CONFIGURATION: &str = "[throttle]\nenabled = false\n[log]\nfilter = \"warn\"\n\
    [realtime]\nmessages_per_client = 0\nmessages_per_group = 0\n";

/// Joins under way at once while a roster is filled: whole batches for the store's writer.
const FILLERS: u64 = 1000;

/// How long the domain that filled a store may take to hand over what waits for other nodes. There are none.
const CLOSING: Duration = Duration::from_secs(1);

/// Login tokens made ready: ten thousand members, and one who talks to them.
const VIEWERS: u32 = 10_001;
/// Groups for viewers beside `live`, so that each may stay below the size of a super group.
const HALLS: u32 = 8;

/// What is in the data directory.
pub(super) struct Filled {
    pub(super) caller: Caller,
    pub(super) app: String,
    /// A group of [`Filled::members`] durable members.
    pub(super) large: String,
    pub(super) members: u64,
    /// A group of 2,000 durable members.
    pub(super) small: String,
    /// An empty group for joins.
    pub(super) empty: String,
    /// A generation 2 application with the group `live`.
    pub(super) live_app: String,
    pub(super) live_group: String,
    /// More groups of that application.
    pub(super) viewer_groups: Vec<String>,
    /// Login tokens for the group `live`.
    pub(super) tokens: Vec<String>,
}

/// How much is put into a store.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    /// Members of the large group.
    pub(super) members: u64,
    /// Entries of the word list of the generation 1 application.
    pub(super) words: u64,
}

/// Fills a store: that of the data directory, or the one that the services name, which must be fresh.
pub(super) async fn fill(
    host: &impl Host,
    directory: &Path,
    services: &Services,
    Size { members, words }: Size,
) -> anyhow::Result<Filled> {
    let (muster, made) = host.open(directory, services).await?;
    let account = &made.account.id;
    let one = AppScope { account, generation: Generation::One, data_center: None };
    let two = AppScope { generation: Generation::Two, ..one };
    let app = muster.apps().create(one, NewApp::default()).await?;
    let live = muster.apps().create(two, NewApp::default()).await?;
    let group = async |app: &OpenApp, id: &str| -> anyhow::Result<GroupRef> {
        let new = NewGroup { id: Some(GroupId::new(id)?), ..NewGroup::default() };
        Ok(muster.groups().create(app, new).await?.group.at)
    };
    let (large, small) = (group(&app, "large").await?, group(&app, "small").await?);
    let (empty, room) = (group(&app, "empty").await?, group(&live, "live").await?);
    let mut viewer_groups = Vec::new();
    for number in 0..HALLS {
        viewer_groups.push(group(&live, &format!("viewed{number}")).await?.group.to_string());
    }
    enrol(&muster, &app, &small, 2000).await?;
    enrol(&muster, &app, &large, members).await?;
    forbid(&muster, &app, words).await?;
    let expires = muster.now().seconds() + 3600;
    let token = |serial: u32| -> anyhow::Result<String> {
        let user = UserId::new(&format!("viewer{serial:04}"))?;
        let nonce = muster.logins().draw_nonce();
        let token = muster.logins().token(&live, &user, &nonce, expires, "")?;
        let login = LiveLogin {
            app_id: live.id.as_str(),
            user_id: user.as_str(),
            nonce: &nonce,
            timestamp: expires,
            token: &token,
            ..LiveLogin::default()
        };
        Ok(live_connect_token(&login))
    };
    let tokens = (0..VIEWERS).map(token).collect::<anyhow::Result<_>>()?;
    muster.close(CLOSING).await?;
    Ok(Filled {
        caller: Caller {
            id: made.key.id.to_string(),
            secret: made.key.secret,
            nonce: muster.random().hex(12),
            since: muster.now(),
            made: Instant::now(),
        },
        app: app.id.to_string(),
        large: large.group.to_string(),
        members,
        small: small.group.to_string(),
        empty: empty.group.to_string(),
        live_app: live.id.to_string(),
        live_group: room.group.to_string(),
        viewer_groups,
        tokens,
    })
}

async fn enrol(muster: &Arc<Muster>, app: &OpenApp, at: &GroupRef, members: u64) -> anyhow::Result<()> {
    let group = muster.groups().open(app, &at.group).await?;
    let mut fillers = JoinSet::new();
    for first in 0..FILLERS.min(members) {
        let (muster, group) = (Arc::clone(muster), group.clone());
        fillers.spawn(async move {
            for serial in (first..members).step_by(usize::try_from(FILLERS)?) {
                let user = UserId::new(&format!("user{serial:07}"))?;
                muster.rosters().enrol(&group, &user, Telling::default()).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(filler) = fillers.join_next().await {
        filler??;
    }
    Ok(())
}

/// Puts so many entries on an application's word list: words of several scripts, and one pattern to a hundred of them.
async fn forbid(muster: &Arc<Muster>, app: &OpenApp, words: u64) -> anyhow::Result<()> {
    let mut fillers = JoinSet::new();
    for first in 0..FILLERS.min(words) {
        let (muster, app) = (Arc::clone(muster), app.clone());
        fillers.spawn(async move {
            for n in (first..words).step_by(usize::try_from(FILLERS)?) {
                let entry = match n % 100 {
                    0 => format!(r"/forbidden{n:05}[0-9]+/"),
                    1..40 => format!("坏话{n:05}"),
                    _ => format!("forbidden{n:05}"),
                };
                muster.moderation().add(&app, &entry).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(filler) = fillers.join_next().await {
        filler??;
    }
    Ok(())
}

/// The unit of CPU times in `/proc` (`USER_HZ`, the same on every Linux architecture that Rust's standard library
/// supports).
const TICKS_PER_SECOND: u64 = 100;

/// A process of this binary, ended when dropped.
pub(super) struct Process {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Starts the server on a filled data directory, with quotas off.
    pub(super) fn server(directory: &Path) -> anyhow::Result<Self> {
        Self::node(directory, &directory.join("master.key"), &Services::default())
    }

    /// Starts a server on these services, with quotas off.
    pub(super) fn node(directory: &Path, master_key: &Path, services: &Services) -> anyhow::Result<Self> {
        let file = directory.join("bench.toml");
        std::fs::write(&file, CONFIGURATION)?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(&file)
            .arg("--data")
            .arg(directory)
            .env("MUSTER_MASTER_KEY", master_key)
            .env("MUSTER_STORE", &services.store)
            .env("MUSTER_BUS", &services.bus)
            .stderr(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stderr.take().context("the server's standard error")?).lines();
        for line in lines {
            let line = line?;
            if let Some(rest) = line.strip_prefix("muster is ready: http://") {
                let address = rest.split(' ').next().unwrap_or_default().parse()?;
                return Ok(Self { child, address });
            }
        }
        anyhow::bail!("the server did not get ready")
    }

    /// Starts a bare server; `bytes` are its standard input.
    pub(super) fn bare(kind: &str, bytes: &[u8]) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["bench", "--bare", kind])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        child.stdin.take().context("the bare server's standard input")?.write_all(bytes)?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("the bare server's standard output")?)
            .read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse()? })
    }

    /// The CPU time that the process has used.
    pub(super) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let (_, fields) = stat.rsplit_once(')').context("/proc/PID/stat")?;
        // User and system time: the 14th and 15th field, of which two stand before the name's end.
        let ticks =
            fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
    }

    /// Ends the process as the loss of its machine would.
    pub(super) fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// The process's own memory, in bytes: what it has written to, without the pages of files that it has mapped.
    pub(super) fn memory(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("RssAnon")?;
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes * 1024)
    }
}

/// Viewers of the group `live`, in it as long as this is kept.
pub(super) struct Viewers(Vec<WebSocketStream<TcpStream>>);

impl Viewers {
    /// Signs a hundred viewers in and joins the group.
    pub(super) async fn join(address: SocketAddr, filled: &Filled) -> anyhow::Result<Self> {
        let mut sockets = Vec::new();
        for token in filled.tokens.iter().take(100) {
            sockets.push(enter(address, token, &filled.live_group).await?);
        }
        Ok(Self(sockets))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Opens a realtime connection.
pub(super) async fn open(address: SocketAddr) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let url = format!("ws://{address}/connection/websocket");
    Ok(tokio_tungstenite::client_async(url, stream).await?.0)
}

/// Signs a viewer in and joins a group.
pub(super) async fn enter(
    address: SocketAddr,
    token: &str,
    group: &str,
) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let mut socket = open(address).await?;
    let commands = format!(
        "{{\"id\":1,\"connect\":{{\"token\":\"{token}\"}}}}\n{{\"id\":2,\"subscribe\":{{\"channel\":\"g:{group}\"}}}}"
    );
    socket.send(Message::text(commands)).await?;
    loop {
        let frame = socket.next().await.context("the server closed a viewer's connection")??;
        let text = frame.into_text()?;
        anyhow::ensure!(!text.contains("\"error\""), "a viewer was refused: {text}");
        if text.contains("\"subscribe\"") {
            return Ok(socket);
        }
    }
}
