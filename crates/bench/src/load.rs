//! The load: connections that send the next request when the last is answered.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::Instant,
};

/// What a run came to.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Answers with status 200.
    pub(super) answered: usize,
    /// How long it took.
    pub(super) elapsed: Duration,
    /// Times of single answers, sorted.
    pub(super) times: Vec<Duration>,
}

impl Run {
    /// Answers a second.
    pub(super) fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let answered = self.answered as f64;
        answered / self.elapsed.as_secs_f64()
    }

    /// The time that a part of the answers (0 to 1) kept to.
    pub(super) fn quantile(&self, part: f64) -> Duration {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index"
        )]
        let index = ((self.times.len() as f64) * part) as usize;
        self.times.get(index.min(self.times.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

/// Sends `requests`, each once, over `connections` connections, until they or the time are used up. With `again`, the
/// requests are begun anew: a server that looks at no nonce does not mind.
///
/// # Errors
/// An answer with another status than 200, in full.
pub(super) async fn drive(
    address: SocketAddr,
    requests: Arc<Vec<Bytes>>,
    connections: usize,
    time: Duration,
    again: bool,
) -> anyhow::Result<Run> {
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let end = start + time;
    let mut callers = JoinSet::new();
    for _ in 0..connections {
        let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
        callers.spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut times = Vec::new();
            while Instant::now() < end {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let index = if again { index % requests.len() } else { index };
                let Some(request) = requests.get(index) else { break };
                let sent = Instant::now();
                connection.ask(request).await?;
                times.push(sent.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(caller) = callers.join_next().await {
        times.extend(caller??);
    }
    let elapsed = start.elapsed();
    times.sort_unstable();
    Ok(Run { answered: times.len(), elapsed, times })
}

/// A keep-alive connection that speaks as little HTTP as the measure needs.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(super) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request; the answer's body.
    pub(super) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (head, length) = loop {
            anyhow::ensure!(
                self.stream.read_buf(&mut self.buffer).await? > 0,
                "the server closed the connection"
            );
            if let Some(head) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break (head + 4, content_length(&self.buffer[..head])?);
            }
        };
        while self.buffer.len() < head + length {
            anyhow::ensure!(
                self.stream.read_buf(&mut self.buffer).await? > 0,
                "the server closed the connection"
            );
        }
        if !self.buffer.starts_with(b"HTTP/1.1 200") {
            anyhow::bail!("{}", String::from_utf8_lossy(&self.buffer));
        }
        Ok(&self.buffer[head..head + length])
    }
}

fn content_length(head: &[u8]) -> anyhow::Result<usize> {
    let head = std::str::from_utf8(head)?;
    let line = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    Ok(line.context("an answer without a length")?.parse()?)
}
