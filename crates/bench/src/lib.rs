//! What `muster bench` does: this machine's measures, as ratios within one run. Nothing here is asserted;
//! `docs/performance.md` holds what was measured where.
//!
//! The server is a process of the same program, met over its sockets alone. What fills its store first goes through the
//! domain, which the program opens ([`Host`]).

mod bare;
mod cluster;
mod crowd;
mod load;
mod requests;
mod stage;
mod storm;
mod talk;

use std::{io::Write as _, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use load::{Connection, Run, drive};
use muster_core::service::{Muster, NewAccount};
use muster_signer::Version;
use stage::{Filled, Process, Size, Viewers};

/// Connections of the list measures, as in the figures of the bare server.
const CONNECTIONS: usize = 64;
/// Callers of the join measure.
const JOINERS: usize = 64;
/// Requests made ready for each second of a list measure; more than any server here answers.
const REQUESTS_PER_SECOND: u64 = 120_000;
/// Rounds of a comparison; the middle one counts.
const ROUNDS: usize = 3;
/// Entries of the word list of the moderation measure: as many as an application may have.
const WORDS: u64 = 10_000;
/// Callers of the moderation measure.
const SENDERS: usize = 64;
/// Reads of one page in the paging measure.
const PAGE_READS: u64 = 20_000;

/// Which measures are made, and how long.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Seconds for each measurement.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub seconds: u64,
    /// Members of the large roster.
    #[arg(long, default_value_t = 5_000_000)]
    pub members: u64,
    /// Only measurements whose name holds this text.
    #[arg(long)]
    pub only: Option<String>,
    /// Be the bare server of a measure.
    #[arg(long, hide = true)]
    pub bare: Option<Bare>,
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|only| name.contains(only))
    }
}

/// The bare servers that measures are compared with.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Bare {
    /// Answers every request with the same bytes.
    Http,
    /// Sends every WebSocket message to all.
    Broadcast,
    /// Takes WebSocket connections and says nothing.
    Upgrade,
}

/// What servers share: nothing, or a database and a bus.
#[derive(Clone, Debug, Default)]
pub struct Services {
    /// The store's URL; empty for SQLite in each data directory.
    pub store: String,
    /// The bus's URL; empty for memory.
    pub bus: String,
}

/// The program that is measured, as far as its store has to be filled.
pub trait Host {
    /// Opens the domain as the program's server would, over what the services name or the data directory, and makes the
    /// first account.
    ///
    /// # Errors
    /// The store's; also when there is an account already.
    fn open(
        &self,
        directory: &Path,
        services: &Services,
    ) -> impl Future<Output = anyhow::Result<(Arc<Muster>, NewAccount)>>;
}

/// Makes the measures, and says on standard output what they came to: of one server with a store of its own, or of
/// several over these services. The program that runs is the server that is measured.
///
/// # Errors
/// Whatever keeps a measure from being made.
pub async fn run(options: &Options, services: Services, host: &impl Host) -> anyhow::Result<()> {
    match options.bare {
        Some(Bare::Http) => bare::answer().await,
        Some(Bare::Broadcast) => bare::broadcast().await,
        Some(Bare::Upgrade) => bare::upgrade().await,
        None if services.store.is_empty() => measure(options, host).await,
        None => cluster::measure(options, services, host).await,
    }
}

struct Bed {
    filled: Filled,
    server: Process,
    seconds: u64,
    /// Serial of the next request; never used twice, so no nonce is.
    serial: u64,
}

async fn measure(options: &Options, host: &impl Host) -> anyhow::Result<()> {
    let wanted = |name: &str| options.wants(name);
    let members = if wanted("page") || wanted("memory") { options.members } else { 0 };
    let size = Size { members, words: if wanted("words") { WORDS } else { 0 } };
    let directory = tempfile::tempdir()?;
    say(&format!("filling a roster of {members} members …"))?;
    let filled = stage::fill(host, directory.path(), &Services::default(), size).await?;
    let server = Process::server(directory.path())?;
    let mut bed = Bed { filled, server, seconds: options.seconds, serial: 0 };
    say(&format!("server {}, {} CPUs\n", env!("CARGO_PKG_VERSION"), std::thread::available_parallelism()?))?;
    if wanted("memory") {
        bed.memory().await?;
    }
    if wanted("list") {
        bed.lists().await?;
    }
    if wanted("page") {
        bed.pages().await?;
    }
    if wanted("words") {
        bed.words().await?;
    }
    if wanted("join") {
        bed.joins().await?;
    }
    if wanted("fan-out") {
        crowd::fan_out(&bed.server, &bed.filled, bed.seconds).await?;
    }
    if wanted("talk") {
        talk::measure(bed.server.address, &bed.filled, bed.seconds, "SQLite", "bar 5,000, goal 20,000")
            .await?;
        talk::bare(directory.path(), bed.seconds).await?;
    }
    if wanted("storm") {
        storm::measure(&bed.server, &bed.filled).await?;
    }
    if wanted("connect") || wanted("idle") {
        crowd::connect(&bed.server, &bed.filled).await?;
    }
    Ok(())
}

impl Bed {
    fn requests(
        &mut self,
        form: Version,
        action: &str,
        count: u64,
        parameters: impl Fn(u64) -> Vec<(&'static str, String)>,
    ) -> Arc<Vec<Bytes>> {
        let serials = self.serial..self.serial + count;
        self.serial = serials.end;
        self.filled.caller.requests(form, self.server.address, action, serials, parameters)
    }

    fn page(&self, group: &str, number: u64) -> Vec<(&'static str, String)> {
        vec![
            ("AppId", self.filled.app.clone()),
            ("GroupId", group.to_owned()),
            ("PageNum", number.to_string()),
            ("PageSize", "20".to_owned()),
        ]
    }

    async fn once(
        &mut self,
        action: &str,
        parameters: Vec<(&'static str, String)>,
    ) -> anyhow::Result<Vec<u8>> {
        let request = self.requests(Version::V1, action, 1, |_| parameters.clone());
        Ok(Connection::open(self.server.address).await?.ask(&request[0]).await?.to_vec())
    }

    /// What the large roster adds to the server's own memory.
    async fn memory(&mut self) -> anyhow::Result<()> {
        self.once("ListMessageGroupUser", self.page(&self.filled.small.clone(), 1)).await?;
        let before = self.server.memory()?;
        self.once("ListMessageGroupUser", self.page(&self.filled.large.clone(), 1)).await?;
        let after = self.server.memory()?;
        say(&format!(
            "memory of a roster of {} members: {:.1} MB (bar 100 MB)",
            self.filled.members,
            megabytes(after.saturating_sub(before))
        ))
    }

    /// Signed pages of 20 rows against a bare hyper server that returns the same bytes.
    async fn lists(&mut self) -> anyhow::Result<()> {
        let viewers = Viewers::join(self.server.address, &self.filled).await?;
        say(&format!("(generation 2 lists {} connected viewers)", viewers.len()))?;
        let one = self.page(&self.filled.small, 1);
        let two = vec![
            ("AppId", self.filled.live_app.clone()),
            ("GroupId", self.filled.live_group.clone()),
            ("PageSize", "20".to_owned()),
            ("SortType", "1".to_owned()),
        ];
        for (action, parameters) in [("ListMessageGroupUser", one), ("ListLiveMessageGroupUsers", two)] {
            for form in [Version::V1, Version::V3] {
                self.list(form, action, &parameters).await?;
            }
        }
        drop(viewers);
        Ok(())
    }

    async fn list(
        &mut self,
        form: Version,
        action: &str,
        parameters: &[(&'static str, String)],
    ) -> anyhow::Result<()> {
        let body = self.once(action, parameters.to_vec()).await?;
        let bare = Process::bare("http", &body)?;
        let time = Duration::from_secs(self.seconds);
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let count = REQUESTS_PER_SECOND * self.seconds;
            let requests = self.requests(form, action, count, |_| parameters.to_vec());
            let floor = drive(bare.address, Arc::clone(&requests), CONNECTIONS, time, true).await?;
            let run = drive(self.server.address, requests, CONNECTIONS, time, false).await?;
            ratios.push((run.rate() / floor.rate(), run.rate(), floor.rate()));
        }
        ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (ratio, rate, floor) = ratios[ROUNDS / 2];
        say(&format!(
            "list {action} 20 rows, {form:?}: {:.0} % of bare hyper ({rate:.0}/s of {floor:.0}/s; bar 40 %, goal 60 %)",
            ratio * 100.0
        ))
    }

    /// Page 100,000 against page 1 of the large roster, one call at a time.
    async fn pages(&mut self) -> anyhow::Result<()> {
        let last = (self.filled.members / 20).clamp(1, 100_000);
        let large = self.filled.large.clone();
        let mut medians = Vec::new();
        for (name, page) in [("1", 1), ("100,000", last), ("1", 1), ("100,000", last)] {
            medians.push((name, self.paged(|_| page, &large).await?.quantile(0.5)));
        }
        let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
        say(&format!(
            "page {last} against page 1: {:.2} times the median ({:?} against {:?}; bar 1.2)",
            ratio(medians[3].1, medians[2].1),
            medians[3].1,
            medians[2].1
        ))?;
        // Pages that nobody has read before: scattered over the whole roster, against scattered over its first part.
        let near = self.paged(|n| 1 + n * 7919 % (last / 10).max(1), &large).await?;
        let far = self.paged(|n| 1 + n * 7919 % last, &large).await?;
        say(&format!(
            "page at random over the roster against its first tenth: {:.2} times the median ({:?} against {:?})",
            ratio(far.quantile(0.5), near.quantile(0.5)),
            far.quantile(0.5),
            near.quantile(0.5)
        ))
    }

    async fn paged(&mut self, page: impl Fn(u64) -> u64, group: &str) -> anyhow::Result<Run> {
        let app = self.filled.app.clone();
        let requests = self.requests(Version::V1, "ListMessageGroupUser", PAGE_READS, |n| {
            vec![
                ("AppId", app.clone()),
                ("GroupId", group.to_owned()),
                ("PageNum", page(n).to_string()),
                ("PageSize", "20".to_owned()),
            ]
        });
        drive(self.server.address, requests, 1, Duration::from_secs(60), false).await
    }

    /// Messages that are held against a list of words, against messages that are spared it.
    async fn words(&mut self) -> anyhow::Result<()> {
        let (app, group) = (self.filled.app.clone(), self.filled.small.clone());
        let time = Duration::from_secs(self.seconds);
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let mut rates = [0.0; 2];
            for (rate, spared) in rates.iter_mut().zip(["true", "false"]) {
                let count = 60_000 * self.seconds;
                let requests = self.requests(Version::V1, "SendMessageToGroup", count, |n| {
                    let text =
                        format!("message {n}: 今天的课到这里 what everybody may say, a line of a usual chat");
                    vec![
                        ("AppId", app.clone()),
                        ("GroupId", group.clone()),
                        ("OperatorUserId", "teacher".to_owned()),
                        ("Data", text),
                        ("SkipAudit", spared.to_owned()),
                    ]
                });
                *rate = drive(self.server.address, requests, SENDERS, time, false).await?.rate();
            }
            ratios.push((rates[1] / rates[0], rates));
        }
        ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (ratio, [spared, held]) = ratios[ROUNDS / 2];
        say(&format!(
            "words: messages held against a list of {WORDS} entries: {:.0} % of messages spared it ({held:.0}/s of {spared:.0}/s)",
            ratio * 100.0
        ))
    }

    /// Durable joins of new users by concurrent callers.
    async fn joins(&mut self) -> anyhow::Result<()> {
        let (app, group) = (self.filled.app.clone(), self.filled.empty.clone());
        let count = 60_000 * self.seconds;
        let requests = self.requests(Version::V1, "JoinMessageGroup", count, |n| {
            vec![("AppId", app.clone()), ("GroupId", group.clone()), ("UserId", format!("joiner{n:07}"))]
        });
        let run =
            drive(self.server.address, requests, JOINERS, Duration::from_secs(self.seconds), false).await?;
        say(&format!(
            "join durable, {JOINERS} callers: {:.0} acknowledged/s, median {:?}, 99 % {:?} (bar 30,000/s)",
            run.rate(),
            run.quantile(0.5),
            run.quantile(0.99)
        ))
    }
}

fn megabytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
    let bytes = bytes as f64;
    bytes / 1e6
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
