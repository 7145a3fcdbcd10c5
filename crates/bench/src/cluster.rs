//! What several nodes cost and bring: joins and lists over PostgreSQL, fan-out over three nodes against one, and the
//! time until everybody knows that a node was lost.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use futures_util::StreamExt as _;
use muster_signer::Version;
use tempfile::TempDir;
use tokio::{net::TcpStream, task::JoinSet, time::Instant};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use super::{
    CONNECTIONS, Host, JOINERS, Options, Services,
    load::{Run, drive},
    say,
    stage::{self, Filled, Process, enter},
    talk,
};

/// Nodes of the cluster.
const NODES: usize = 3;
/// Receivers of the fan-out measure.
const RECEIVERS: usize = 500;
/// Messages that the sender has under way.
const IN_FLIGHT: u64 = 64;
/// Requests made ready for each second: more than are answered over a database.
const REQUESTS_PER_SECOND: u64 = 40_000;
/// Members of each node when one is lost.
const WITNESSES: usize = 20;
/// How long to wait for what should take a few seconds.
const PATIENCE: Duration = Duration::from_secs(60);

type Socket = WebSocketStream<TcpStream>;

struct Cluster {
    filled: Filled,
    nodes: Vec<Process>,
    seconds: u64,
    serial: u64,
    _directories: Vec<TempDir>,
}

/// Runs the measures over these services.
pub(super) async fn measure(options: &Options, services: Services, host: &impl Host) -> anyhow::Result<()> {
    let wanted = |name: &str| options.wants(name);
    let members = if wanted("page") { options.members } else { 0 };
    let directories: Vec<_> = (0..NODES).map(|_| tempfile::tempdir()).collect::<Result<_, _>>()?;
    let first = directories.first().context("a directory")?.path().to_owned();
    say(&format!("filling a roster of {members} members in PostgreSQL …"))?;
    let filled = stage::fill(host, &first, &services, stage::Size { members, words: 0 }).await?;
    let key = first.join("master.key");
    let node = |directory: &TempDir| Process::node(directory.path(), &key, &services);
    let nodes = directories.iter().map(node).collect::<anyhow::Result<_>>()?;
    let mut cluster =
        Cluster { filled, nodes, seconds: options.seconds, serial: 0, _directories: directories };
    if wanted("join") {
        cluster.joins().await?;
    }
    if wanted("list") || wanted("page") {
        cluster.lists(members).await?;
    }
    if wanted("fan-out") {
        cluster.fan_out().await?;
    }
    if wanted("talk") {
        talk::measure(cluster.address(0), &cluster.filled, cluster.seconds, "PostgreSQL", "bar 2,000")
            .await?;
    }
    if wanted("kill") {
        cluster.kill().await?;
    }
    Ok(())
}

impl Cluster {
    fn address(&self, node: usize) -> SocketAddr {
        self.nodes[node % self.nodes.len()].address
    }

    async fn drive(
        &mut self,
        action: &str,
        connections: usize,
        parameters: impl Fn(u64) -> Vec<(&'static str, String)>,
    ) -> anyhow::Result<Run> {
        let address = self.address(0);
        let serials = self.serial..self.serial + REQUESTS_PER_SECOND * self.seconds;
        self.serial = serials.end;
        let requests = self.filled.caller.requests(Version::V1, address, action, serials, parameters);
        drive(address, requests, connections, Duration::from_secs(self.seconds), false).await
    }

    async fn joins(&mut self) -> anyhow::Result<()> {
        let (app, group) = (self.filled.app.clone(), self.filled.empty.clone());
        let join =
            |n| vec![("AppId", app.clone()), ("GroupId", group.clone()), ("UserId", format!("joiner{n:07}"))];
        let run = self.drive("JoinMessageGroup", JOINERS, join).await?;
        say(&format!(
            "join durable over PostgreSQL, one node, {JOINERS} callers: {:.0} acknowledged/s, median {:?}, 99 % {:?}",
            run.rate(),
            run.quantile(0.5),
            run.quantile(0.99)
        ))
    }

    async fn lists(&mut self, members: u64) -> anyhow::Result<()> {
        let last = (members / 20).clamp(1, 100_000);
        let (small, large) = (self.filled.small.clone(), self.filled.large.clone());
        for (name, group, number) in [
            ("2,000 members, page 1", small, 1),
            ("the large roster, page 1", large.clone(), 1),
            ("the large roster, last page", large, last),
        ] {
            let app = self.filled.app.clone();
            let page = |_| {
                vec![
                    ("AppId", app.clone()),
                    ("GroupId", group.clone()),
                    ("PageNum", number.to_string()),
                    ("PageSize", "20".to_owned()),
                ]
            };
            let run = self.drive("ListMessageGroupUser", CONNECTIONS, page).await?;
            say(&format!(
                "list ListMessageGroupUser over PostgreSQL, {name} ({number}): {:.0} pages/s, median {:?}, 99 % {:?}",
                run.rate(),
                run.quantile(0.5),
                run.quantile(0.99)
            ))?;
        }
        Ok(())
    }

    /// Deliveries per CPU-second of the servers, with all receivers on one node and spread over three.
    async fn fan_out(&self) -> anyhow::Result<()> {
        let one = self.fan_out_over(1).await?;
        let three = self.fan_out_over(NODES).await?;
        say(&format!(
            "fan-out to {RECEIVERS} receivers, {IN_FLIGHT} messages in flight: {three:.0} deliveries per server CPU-second over \
             {NODES} nodes, {one:.0} over one: {:.0} %",
            100.0 * three / one
        ))
    }

    async fn fan_out_over(&self, nodes: usize) -> anyhow::Result<f64> {
        let received = Arc::new(AtomicU64::new(0));
        let mut receivers = JoinSet::new();
        let (tokens, group) = (&self.filled.tokens, &self.filled.live_group);
        for (serial, token) in tokens.iter().enumerate().take(RECEIVERS) {
            let socket = enter(self.address(serial % nodes), token, group).await?;
            receivers.spawn(count_messages(socket, Arc::clone(&received)));
        }
        let mut sender = enter(self.address(0), tokens.last().context("a token")?, group).await?;
        // Joins are told for a second at most; they are not what is measured.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let (before, begun) = (self.cpu()?, Instant::now());
        let more = |_| begun.elapsed() < Duration::from_secs(self.seconds);
        let sent = talk::publish(&mut sender, group, IN_FLIGHT, more).await?;
        let expected = sent * RECEIVERS as u64;
        while received.load(Ordering::Relaxed) < expected {
            anyhow::ensure!(begun.elapsed() < PATIENCE, "messages are missing");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (cpu, took) = (self.cpu()?.saturating_sub(before), begun.elapsed());
        say(&format!(
            "({nodes} nodes: {sent} messages to {RECEIVERS} receivers in {took:?}, {cpu:?} of CPU)"
        ))?;
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let deliveries = expected as f64;
        Ok(deliveries / cpu.as_secs_f64())
    }

    fn cpu(&self) -> anyhow::Result<Duration> {
        self.nodes.iter().map(Process::cpu).sum()
    }

    /// The time from the loss of a node to the moment at which the last of the others has heard that its members left.
    async fn kill(&mut self) -> anyhow::Result<()> {
        let (tokens, group) = (&self.filled.tokens, &self.filled.live_group);
        let mut witnesses = Vec::new();
        let mut lost = Vec::new();
        for (serial, token) in tokens.iter().enumerate().take(NODES * WITNESSES) {
            let socket = enter(self.address(serial), token, group).await?;
            if serial % NODES == NODES - 1 { lost.push(socket) } else { witnesses.push(socket) }
        }
        let killed = Instant::now();
        self.nodes.last_mut().context("a node")?.kill()?;
        let mut told = JoinSet::new();
        for socket in witnesses {
            told.spawn(tokio::time::timeout(PATIENCE, hear_of_leaves(socket, WITNESSES)));
        }
        while let Some(heard) = told.join_next().await {
            heard?.context("a member was not told")??;
        }
        say(&format!(
            "kill -9 of one of {NODES} nodes: {:?} until the last member had heard that its {} members left",
            killed.elapsed(),
            lost.len()
        ))
    }
}

/// Counts the messages that arrive, until the connection ends.
async fn count_messages(mut socket: Socket, received: Arc<AtomicU64>) {
    while let Some(Ok(frame)) = socket.next().await {
        if let Message::Text(text) = frame {
            let messages = text.matches("recvgroupmessage").count();
            received.fetch_add(messages as u64, Ordering::Relaxed);
        }
    }
}

/// Waits until so many members were told to have left.
async fn hear_of_leaves(mut socket: Socket, members: usize) -> anyhow::Result<()> {
    let mut left = 0;
    while left < members {
        let frame = socket.next().await.context("the server closed a witness's connection")??;
        for line in frame.into_text()?.lines() {
            let push: serde_json::Value = serde_json::from_str(line)?;
            left += push["push"]["pub"]["data"]["leaveUsers"].as_array().map_or(0, Vec::len);
        }
    }
    Ok(())
}
