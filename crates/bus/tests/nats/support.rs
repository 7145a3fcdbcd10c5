//! NATS servers, and listeners that write down what they hear.

use std::{
    io::ErrorKind,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, atomic::AtomicU64, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use muster_bus::nats::{NatsBus, NatsError, NatsOptions};
use muster_core::{
    bus::{Bus, ConnectionKey, Letter, Listener, NoReceipt, Notice, Question, Receipt},
    id::{AppId, GroupId, GroupRef, MessageId, NodeId, UserId},
    message::{Event, Level, Message, Sender, Sequence, StreamRef, Weight},
    testing::Seeded,
    time::Millis,
};
use tempfile::TempDir;
use tokio::{net::TcpStream, sync::Notify, time::timeout};

/// Long enough for a slow machine; waiting ends as soon as what is waited for is there.
const PATIENCE: Duration = Duration::from_secs(30);

/// Ports below those that the system gives to outgoing connections, one of which would keep a server from coming back.
const PORTS: std::ops::Range<u16> = 12_000..32_000;

/// A free port that no other test of this process is given. Each process begins at another.
fn free_port() -> u16 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let count = u64::from(PORTS.end - PORTS.start);
    let begin = u64::from(std::process::id()).wrapping_mul(97);
    let mut ports = (0..count).map(|_| {
        let offset = (begin + NEXT.fetch_add(1, Ordering::Relaxed)) % count;
        PORTS.start + u16::try_from(offset).unwrap()
    });
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a port should be free")
}

/// A NATS server in a directory of its own; stopped when dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    directory: TempDir,
    child: Option<Child>,
}

impl Server {
    /// Starts a server with lines of configuration besides its address.
    pub(crate) async fn start(configuration: &str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), configuration).await
    }

    /// Starts a server in a directory that holds files which the configuration names.
    pub(crate) async fn start_in(directory: TempDir, configuration: &str) -> Self {
        let mut server = Self { port: free_port(), directory, child: None };
        let text = format!("host: 127.0.0.1\nport: {}\n{configuration}\n", server.port);
        std::fs::write(server.path("nats.conf"), text).unwrap();
        server.restart().await;
        server
    }

    /// Three servers that know each other; clients are not told of the others unless `advertise`.
    pub(crate) async fn cluster(advertise: bool) -> Vec<Self> {
        let ports = [free_port(), free_port(), free_port()];
        let routes = ports.map(|port| format!("nats://127.0.0.1:{port}")).join(", ");
        let mut servers = Vec::new();
        for port in ports {
            let configuration = format!(
                "cluster {{ name: test, listen: \"127.0.0.1:{port}\", routes: [{routes}], no_advertise: {} }}",
                !advertise
            );
            servers.push(Self::start(&configuration).await);
        }
        servers
    }

    /// Starts the server again, as it was, and waits until it accepts connections.
    pub(crate) async fn restart(&mut self) {
        let mut command = Command::new("nats-server");
        command.arg("-c").arg(self.path("nats.conf")).arg("-l").arg(self.path("nats.log"));
        match command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            Ok(child) => self.child = Some(child),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                panic!("these tests need NATS: apt-get install nats-server")
            }
            Err(error) => panic!("nats-server does not start: {error}"),
        }
        let address = ("127.0.0.1", self.port);
        let accepting = eventually(async || TcpStream::connect(address).await.is_ok()).await;
        let log = std::fs::read_to_string(self.path("nats.log")).unwrap_or_default();
        assert!(accepting, "nats-server does not accept connections: {log}");
    }

    /// Ends the server without a warning.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        self.directory.path().join(file)
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Asks again and again until `condition` holds; false when patience is at its end.
pub(crate) async fn eventually(condition: impl AsyncFn() -> bool) -> bool {
    let asking = async {
        let mut pause = tokio::time::interval(Duration::from_millis(10));
        while !condition().await {
            pause.tick().await;
        }
    };
    timeout(PATIENCE, asking).await.is_ok()
}

/// What a listener was told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard {
    Notice(Notice),
    Reached(StreamRef, Sequence),
    Followed(GroupRef),
    Resumed,
    Commands(Vec<u8>),
}

/// Writes down what it is told.
#[derive(Default)]
pub(crate) struct Log {
    heard: Mutex<Vec<Heard>>,
    news: Notify,
}

impl Log {
    fn note(&self, heard: Heard) {
        self.heard.lock().unwrap().push(heard);
        self.news.notify_one();
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn notices(&self) -> Vec<Notice> {
        let notice = |heard| if let Heard::Notice(notice) = heard { Some(notice) } else { None };
        self.heard().into_iter().filter_map(notice).collect()
    }

    /// Waits until what was heard satisfies `condition`.
    pub(crate) async fn until(&self, condition: impl Fn(&[Heard]) -> bool) {
        let waiting = async {
            while !condition(&self.heard.lock().unwrap()) {
                self.news.notified().await;
            }
        };
        let waited = timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "not heard in time; heard was {:?}", self.heard());
    }

    pub(crate) async fn hears(&self, expected: Heard) {
        self.until(|heard| heard.contains(&expected)).await;
    }

    pub(crate) fn forget(&self) {
        self.heard.lock().unwrap().clear();
    }
}

impl Listener for Log {
    fn notice(&self, notice: &Notice) {
        self.note(Heard::Notice(notice.clone()));
    }
    /// It has one connection, whose key is `key`.
    fn letter(&self, letter: &Letter) -> Option<Receipt> {
        match letter {
            Letter::Notice(notice) => self.notice(notice),
            Letter::Commands { connection, .. } if connection.as_str() != "key" => {
                return Some(Receipt::NoConnection);
            }
            Letter::Commands { commands, .. } => self.note(Heard::Commands(commands.to_vec())),
        }
        Some(Receipt::Taken)
    }
    /// It tells so many bytes as the moment that it is asked about.
    fn answer(&self, question: &Question) -> Option<Bytes> {
        let Question::Overview { since } = question;
        Some(vec![b'x'; usize::try_from(since.0).ok()?].into())
    }
    fn reached(&self, stream: &StreamRef, position: Sequence) {
        self.note(Heard::Reached(stream.clone(), position));
    }
    fn resumed(&self) {
        self.note(Heard::Resumed);
    }
    fn followed(&self, group: &GroupRef) {
        self.note(Heard::Followed(group.clone()));
    }
}

/// A bus and what its listener hears.
pub(crate) struct Node {
    pub(crate) bus: NatsBus,
    pub(crate) log: Arc<Log>,
}

impl Node {
    pub(crate) async fn new(url: &str) -> Self {
        Self::try_new(url).await.unwrap()
    }

    pub(crate) async fn try_new(url: &str) -> Result<Self, NatsError> {
        Self::try_named(url, &NodeId::new("node").unwrap()).await
    }

    pub(crate) async fn named(url: &str, name: &NodeId) -> Self {
        Self::try_named(url, name).await.unwrap()
    }

    async fn try_named(url: &str, name: &NodeId) -> Result<Self, NatsError> {
        static NODES: AtomicU64 = AtomicU64::new(1);
        let random = Seeded::new(NODES.fetch_add(1, Ordering::Relaxed));
        let options = NatsOptions::parse(url).unwrap();
        let bus = NatsBus::connect(&options, name, &random).await?;
        let log = Arc::new(Log::default());
        bus.listen(log.clone());
        Ok(Self { bus, log })
    }

    /// Follows a group and waits until its notices arrive.
    pub(crate) async fn follow(&self, group: &GroupRef) {
        self.bus.follow(group);
        self.log.hears(Heard::Followed(group.clone())).await;
    }

    pub(crate) async fn tell(&self, notice: Notice) {
        self.bus.publish(notice).await.unwrap();
    }

    pub(crate) async fn send(&self, to: &NodeId, letter: Letter) -> Result<Receipt, NoReceipt> {
        self.bus.send(to, letter, PATIENCE).await
    }

    /// Asks a node for so many bytes.
    pub(crate) async fn ask(&self, of: &NodeId, bytes: i64) -> Result<Bytes, NoReceipt> {
        self.bus.ask(of, Question::Overview { since: Millis(bytes) }, PATIENCE).await
    }

    pub(crate) fn figure(&self, name: &str) -> u64 {
        self.bus.figures().into_iter().find(|figure| figure.name == name).unwrap().value
    }
}

pub(crate) fn group(name: &str) -> GroupRef {
    GroupRef::new(AppId::new("app.1").unwrap(), GroupId::new(name).unwrap())
}

/// What a client says to its connection, which is known by `key` where it is.
pub(crate) fn commands(key: &str, commands: &[u8]) -> Letter {
    Letter::Commands { connection: ConnectionKey::new(key), commands: commands.to_vec().into() }
}

pub(crate) fn left(group: &GroupRef, user: u64) -> Notice {
    Notice::Left { group: group.clone(), user: UserId::new(&format!("user-{user}")).unwrap() }
}

/// A message of a group at a position, or a fleeting one.
pub(crate) fn said(group: &GroupRef, sequence: Option<Sequence>, body: &str) -> Notice {
    let message = Message {
        id: MessageId::new("m").unwrap(),
        kind: 1,
        body: body.into(),
        sender: Sender { user: UserId::new("u").unwrap(), info: None },
        at: Millis(1),
        weight: Weight(0),
        level: Level::NORMAL,
        repeat: muster_core::number::RepeatCount::ONE,
        total: muster_core::number::TypeCount::clamped(1),
        cached: false,
    };
    let stream = StreamRef::Group(group.clone());
    Notice::Published { stream, sequence, event: Arc::new(Event::Message(message)), at: Millis(1) }
}
