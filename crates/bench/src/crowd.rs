//! What many connections cost one server: messages to all of them, their coming, and their staying.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use tokio::{net::TcpStream, sync::Notify, task::JoinSet, time::Instant};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use super::{
    megabytes, say,
    stage::{Filled, Process, enter, open},
};

/// Receivers, and messages in flight, of the fan-out measures, with the bar: a part of a bare broadcaster's deliveries
/// for each second of the server's CPU, or deliveries.
const FAN_OUTS: [(usize, usize, &str); 3] =
    [(500, 1, "bar 80 %"), (2_000, 1, "bar 80 %"), (500, 64, "bar 5,000,000")];
/// Rounds of a comparison; the middle one counts.
const ROUNDS: usize = 3;
/// Clients that connect at a time.
const CONNECTING: usize = 64;
/// How long to wait for what should take milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<TcpStream>;

/// Deliveries per CPU-second of the server against those of a bare broadcaster of the same bytes.
pub(super) async fn fan_out(server: &Process, filled: &Filled, seconds: u64) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    for (receivers, in_flight, bar) in FAN_OUTS {
        let time = Duration::from_secs(seconds);
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let ours =
                Room::of_members(server, filled, receivers).await?.talk(server, in_flight, time).await?;
            let bare = Process::bare("broadcast", &[])?;
            let floor =
                Room::of_strangers(&bare, receivers, ours.push).await?.talk(&bare, in_flight, time).await?;
            ratios.push((ours.rate / floor.rate, ours.rate, floor.rate));
        }
        ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (ratio, rate, floor) = ratios[ROUNDS / 2];
        say(&format!(
            "fan-out to {receivers} receivers, {in_flight} in flight: {:.0} % of a bare broadcaster ({rate:.0} deliveries per \
             server CPU-second of {floor:.0}; {bar})",
            ratio * 100.0
        ))?;
    }
    Ok(())
}

/// Connections that get what each of them sends.
struct Room {
    receivers: usize,
    senders: Vec<SplitSink<Socket, Message>>,
    received: Arc<Received>,
    /// What is sent.
    message: Arc<dyn Fn(u64) -> String + Send + Sync>,
    _listening: JoinSet<()>,
}

#[derive(Default)]
struct Received {
    messages: AtomicU64,
    /// The longest message.
    push: AtomicU64,
    more: Notify,
}

/// What a room's talk came to.
struct Talk {
    /// Deliveries for each second of the server's CPU.
    rate: f64,
    /// Bytes of a message as it arrives.
    push: usize,
}

impl Room {
    async fn of_members(server: &Process, filled: &Filled, receivers: usize) -> anyhow::Result<Self> {
        let mut sockets = Vec::new();
        for token in filled.tokens.iter().take(receivers) {
            sockets.push(enter(server.address, token, &filled.live_group).await?);
        }
        let group = filled.live_group.clone();
        Ok(Self::new(sockets, move |number| {
            let id = number + 3;
            format!(
                "{{\"id\":{id},\"publish\":{{\"channel\":\"g:{group}\",\"data\":\"a message of some length\"}}}}"
            )
        }))
    }

    async fn of_strangers(server: &Process, receivers: usize, bytes: usize) -> anyhow::Result<Self> {
        let mut sockets = Vec::new();
        for _ in 0..receivers {
            let stream = TcpStream::connect(server.address).await?;
            stream.set_nodelay(true)?;
            let url = format!("ws://{}/", server.address);
            sockets.push(tokio_tungstenite::client_async(url, stream).await?.0);
        }
        let text = format!("{MARK:.<bytes$}");
        Ok(Self::new(sockets, move |_| text.clone()))
    }

    fn new(sockets: Vec<Socket>, message: impl Fn(u64) -> String + Send + Sync + 'static) -> Self {
        let received = Arc::new(Received::default());
        let mut listening = JoinSet::new();
        let mut senders = Vec::new();
        let receivers = sockets.len();
        for socket in sockets {
            let (sink, source) = socket.split();
            senders.push(sink);
            listening.spawn(listen(source, Arc::clone(&received), receivers as u64));
        }
        Self { receivers, senders, received, message: Arc::new(message), _listening: listening }
    }

    /// Sends for so long, with so many messages under way, each from another connection.
    async fn talk(mut self, server: &Process, in_flight: usize, time: Duration) -> anyhow::Result<Talk> {
        // Comings are told for a second or so; they are not what is measured.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let (before, end) = (server.cpu()?, Instant::now() + time);
        let mut sent = 0;
        while Instant::now() < end {
            let sender = usize::try_from(sent)? % in_flight;
            let text = (self.message)(sent);
            self.senders[sender].send(Message::text(text)).await?;
            sent += 1;
            self.arrived((sent + 1).saturating_sub(in_flight as u64)).await?;
        }
        self.arrived(sent).await?;
        let cpu = server.cpu()?.saturating_sub(before);
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let deliveries = (sent * self.receivers as u64) as f64;
        let push = usize::try_from(self.received.push.load(Ordering::Relaxed))?;
        Ok(Talk { rate: deliveries / cpu.as_secs_f64(), push })
    }

    /// Waits until so many messages have arrived everywhere.
    async fn arrived(&self, messages: u64) -> anyhow::Result<()> {
        let expected = messages * self.receivers as u64;
        let arrival = async {
            while self.received.messages.load(Ordering::Relaxed) < expected {
                self.received.more.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, arrival).await.context("messages are missing")
    }
}

/// What a message is known by.
const MARK: &str = "recvgroupmessage";

/// Counts the messages that arrive, until the connection ends; says so whenever all have one more.
async fn listen(mut source: SplitStream<Socket>, received: Arc<Received>, receivers: u64) {
    while let Some(Ok(frame)) = source.next().await {
        let Message::Text(text) = frame else { continue };
        let messages = text.matches(MARK).count() as u64;
        if messages == 0 {
            continue;
        }
        received.push.fetch_max(text.len() as u64 / messages, Ordering::Relaxed);
        let before = received.messages.fetch_add(messages, Ordering::Relaxed);
        if before / receivers != (before + messages) / receivers {
            received.more.notify_one();
        }
    }
}

/// How fast clients connect and join, against a bare server that takes as many WebSocket connections; and what they take once
/// they rest.
pub(super) async fn connect(server: &Process, filled: &Filled) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    // The first ones make what is made once.
    let warm = arrive(server.address, filled, 0, 500).await?;
    let memory = server.memory()?;
    let guests = (filled.tokens.len() - warm.len()) / ROUNDS;
    let mut there = Vec::new();
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let first = warm.len() + round * guests;
        let (sockets, ours) = Pace::of(server, arrive(server.address, filled, first, guests)).await?;
        there.extend(sockets);
        let bare = Process::bare("upgrade", &[])?;
        let (_, floor) = Pace::of(&bare, knock(bare.address, guests)).await?;
        rounds.push((ours, floor));
    }
    rounds.sort_by(|(ours, floor), (theirs, other)| {
        (ours.rate / floor.rate).total_cmp(&(theirs.rate / other.rate))
    });
    let (ours, floor) = &rounds[ROUNDS / 2];
    // Comings are told for a second or so; then they rest.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let bytes = server.memory()?.saturating_sub(memory) / there.len() as u64;
    say(&format!(
        "connect and join: {:.0} % of a bare accept and upgrade ({:.0}/s of {:.0}/s with {CONNECTING} at a time; bar 80 %, \
         15,000/s), {:.0} per server CPU-second of {:.0}",
        ours.rate / floor.rate * 100.0,
        ours.rate,
        floor.rate,
        ours.per_cpu,
        floor.per_cpu
    ))?;
    say(&format!(
        "idle joined connection: {bytes} bytes of server memory (bar 6,144; {:.1} MB in all)",
        megabytes(bytes * there.len() as u64)
    ))
}

/// How fast connections came.
struct Pace {
    /// A second.
    rate: f64,
    /// For each second of the server's CPU.
    per_cpu: f64,
}

impl Pace {
    /// That of connections on their way to a server.
    async fn of(
        server: &Process,
        coming: impl Future<Output = anyhow::Result<Vec<Socket>>>,
    ) -> anyhow::Result<(Vec<Socket>, Self)> {
        let (cpu, begun) = (server.cpu()?, Instant::now());
        let sockets = coming.await?;
        let (took, cpu) = (begun.elapsed(), server.cpu()?.saturating_sub(cpu));
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let count = sockets.len() as f64;
        let pace = Self { rate: count / took.as_secs_f64(), per_cpu: count / cpu.as_secs_f64() };
        Ok((sockets, pace))
    }
}

/// Opens connections, and says nothing on them.
async fn knock(address: SocketAddr, count: usize) -> anyhow::Result<Vec<Socket>> {
    let mut arriving = JoinSet::new();
    for lane in 0..CONNECTING {
        let guests = (lane..count).step_by(CONNECTING).len();
        arriving.spawn(async move {
            let mut sockets = Vec::with_capacity(guests);
            for _ in 0..guests {
                sockets.push(open(address).await?);
            }
            anyhow::Ok(sockets)
        });
    }
    all_of(arriving).await
}

/// Connects some of the viewers, who join one of the groups each.
async fn arrive(
    address: SocketAddr,
    filled: &Filled,
    first: usize,
    count: usize,
) -> anyhow::Result<Vec<Socket>> {
    let mut arriving = JoinSet::new();
    for lane in 0..CONNECTING {
        let guests: Vec<_> = (first..first + count)
            .skip(lane)
            .step_by(CONNECTING)
            .map(|guest| {
                (
                    filled.tokens[guest].clone(),
                    filled.viewer_groups[guest % filled.viewer_groups.len()].clone(),
                )
            })
            .collect();
        arriving.spawn(async move {
            let mut sockets = Vec::new();
            for (token, group) in guests {
                sockets.push(enter(address, &token, &group).await?);
            }
            anyhow::Ok(sockets)
        });
    }
    all_of(arriving).await
}

async fn all_of(mut arriving: JoinSet<anyhow::Result<Vec<Socket>>>) -> anyhow::Result<Vec<Socket>> {
    let mut sockets = Vec::new();
    while let Some(lane) = arriving.join_next().await {
        sockets.extend(lane??);
    }
    Ok(sockets)
}
