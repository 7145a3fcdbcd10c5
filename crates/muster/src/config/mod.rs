//! Configuration: flag over environment over file over default.
//!
//! The types here are the reference: `docs/configuration.md` and `muster.example.toml` are made from them, and a test
//! fails when either is out of date.

mod bounds;
mod console;
mod http;
mod moderation;
mod reference;
mod rules;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use clap::ValueEnum;
use muster_core::limits::{Limits, SuperListing};
use muster_gateway::{GatewayConfig, ThrottleConfig};
use muster_outbound::OutboundConfig;
use muster_realtime::RealtimeConfig;
use muster_store::{postgres::PostgresOptions, sqlite::SqliteOptions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use console::ConsoleConfig;
pub(crate) use http::{HttpConfig, Networks};
pub(crate) use moderation::ModerationConfig;
pub(crate) use reference::{example, reference};
pub(crate) use rules::{CamsConfig, LimitsConfig, Listing, SuperGroupConfig};

use crate::cli::Common;

const MILLIS_PER_DAY: i64 = 86_400_000;
/// What a call keeps of its time for the answer.
const ANSWERING_MILLIS: u64 = 500;

/// The configuration file, with the default of every key that is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Configuration {
    /// The address to listen on. Flag `--listen`, environment `MUSTER_LISTEN`.
    pub(crate) listen: String,
    /// The data directory. Flag `--data`, environment `MUSTER_DATA`.
    pub(crate) data: PathBuf,
    /// The store as a URL; empty for SQLite in the data directory. Flag `--store`, environment `MUSTER_STORE`.
    pub(crate) store: String,
    /// The bus between nodes as a URL; empty for memory, which serves one node. Flag `--bus`, environment
    /// `MUSTER_BUS`.
    pub(crate) bus: String,
    /// The file of the master key, which secrets in the store are sealed under; empty for `master.key` in the data
    /// directory. All nodes over one database need the same. Environment `MUSTER_MASTER_KEY`.
    pub(crate) master_key: PathBuf,
    /// The address under which clients reach the server, such as `https://im.example.com`; invite links and the
    /// endpoint of access tokens begin with it. Empty: what the caller named as the host of its request.
    pub(crate) public_url: String,
    /// The log.
    pub(crate) log: LogConfig,
    /// The HTTP listener.
    pub(crate) http: HttpConfig,
    /// TLS of the listener; without a certificate it speaks plain HTTP. The files are read again when they change.
    pub(crate) tls: TlsConfig,
    /// Who may read `/metrics`. Without a listener of their own and without a token: this machine alone, through its
    /// loopback addresses.
    pub(crate) metrics: MetricsConfig,
    /// The port of this machine through which commands such as `muster user add` reach a running server.
    pub(crate) admin: AdminConfig,
    /// The pages for operators and developers, where people sign in with an access key.
    pub(crate) console: ConsoleConfig,
    /// The OpenAPI gateway.
    pub(crate) gateway: GatewayConfig,
    /// Throttling of API calls.
    pub(crate) throttle: ThrottleConfig,
    /// Connections of clients.
    pub(crate) realtime: RealtimeConfig,
    /// Groups of generation 2 that grow beyond a bound.
    pub(crate) super_group: SuperGroupConfig,
    /// Customer groups.
    pub(crate) cams: CamsConfig,
    /// Bounds of applications and groups.
    pub(crate) limits: LimitsConfig,
    /// Removing what has outlived its keeping.
    pub(crate) retention: RetentionConfig,
    /// The embedded store.
    pub(crate) sqlite: SqliteOptions,
    /// The connections to PostgreSQL, when `store` names one.
    pub(crate) postgres: PostgresOptions,
    /// This server as one of several nodes.
    pub(crate) cluster: ClusterConfig,
    /// Calls that the server makes.
    pub(crate) outbound: OutboundConfig,
    /// Callbacks: what applications are told of what their users do.
    pub(crate) callbacks: CallbacksConfig,
    /// Moderation by services that applications name.
    pub(crate) moderation: ModerationConfig,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:7070".to_owned(),
            data: PathBuf::from("./muster-data"),
            store: String::new(),
            bus: String::new(),
            master_key: PathBuf::new(),
            public_url: String::new(),
            log: LogConfig::default(),
            http: HttpConfig::default(),
            tls: TlsConfig::default(),
            metrics: MetricsConfig::default(),
            admin: AdminConfig::default(),
            console: ConsoleConfig::default(),
            gateway: GatewayConfig::default(),
            throttle: ThrottleConfig::default(),
            realtime: RealtimeConfig::default(),
            super_group: SuperGroupConfig::default(),
            cams: CamsConfig::default(),
            limits: LimitsConfig::default(),
            retention: RetentionConfig::default(),
            sqlite: SqliteOptions::default(),
            postgres: PostgresOptions::default(),
            cluster: ClusterConfig::default(),
            outbound: OutboundConfig::default(),
            callbacks: CallbacksConfig::default(),
            moderation: ModerationConfig::default(),
        }
    }
}

/// The form of the log's lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For a person.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The log, on standard error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LogConfig {
    /// `text` or `json`. Flag `--log`.
    pub(crate) format: LogFormat,
    /// What is logged: `error`, `warn`, `info`, `debug`, or a filter such as `info,muster_gateway=debug`.
    pub(crate) filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

/// TLS of the listener.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TlsConfig {
    /// The certificate chain, a PEM file.
    pub(crate) certificate: PathBuf,
    /// Its private key, a PEM file.
    pub(crate) key: PathBuf,
}

/// Who may read the metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MetricsConfig {
    /// Another address for `/metrics`, such as `10.0.0.5:9090`, in plain HTTP. The main listener then has no such page.
    pub(crate) listen: String,
    /// What must be sent as `Authorization: Bearer …`; empty: nothing.
    pub(crate) token: String,
}

/// Bounds of the port for commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AdminConfig {
    /// Connections at once; a further one is closed.
    pub(crate) connections: usize,
    /// Seconds that a connection may take until its command and the token are there.
    pub(crate) token_seconds: u64,
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self { connections: 32, token_seconds: 5 }
    }
}

/// Removing what has outlived its keeping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RetentionConfig {
    /// Seconds between two looks for messages and deleted groups that are to be removed, at most 86400. The first removes
    /// nothing.
    pub(crate) sweep_seconds: u32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { sweep_seconds: 600 }
    }
}

/// One node of several over a shared store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ClusterConfig {
    /// Seconds that a node's lease lasts: so long after a node died, or was cut off from the store, the others end what
    /// its connections held. The same on all nodes; at least 2.
    pub(crate) lease_seconds: u32,
}

impl Default for ClusterConfig {
    fn default() -> Self {
        Self { lease_seconds: 5 }
    }
}

impl ClusterConfig {
    /// How long a lease lasts.
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(u64::from(self.lease_seconds))
    }
}

/// Callbacks that applications are owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CallbacksConfig {
    /// Callbacks of one application under way at once, of each server.
    pub(crate) per_app: usize,
    /// Callbacks under way at once, about, of each server.
    pub(crate) at_once: usize,
    /// Hours that a callback is tried, with growing waits; then it is kept as a dead letter.
    pub(crate) tried_hours: u32,
    /// Callbacks that one application may be owed while its receiver takes none; the oldest are removed and counted in
    /// `muster_callbacks_dropped_total`.
    pub(crate) owed_per_app: u64,
    /// Dead letters of one application that are kept; likewise.
    pub(crate) dead_per_app: u64,
    /// Seconds between two looks for what other servers owe, and for what is due since a clock was set.
    pub(crate) poll_seconds: u32,
}

impl Default for CallbacksConfig {
    fn default() -> Self {
        Self {
            per_app: 8,
            at_once: 64,
            tried_hours: 24,
            owed_per_app: 100_000,
            dead_per_app: 10_000,
            poll_seconds: 2,
        }
    }
}

impl Configuration {
    /// Reads the file, if there is one, and lays flags and environment over it.
    pub(crate) fn load(common: &Common) -> anyhow::Result<Self> {
        let mut configuration = match &common.config {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("the configuration file {} cannot be read", path.display()))?;
                toml::from_str(&text).with_context(|| format!("the configuration file {}", path.display()))?
            }
            None => Self::default(),
        };
        if let Some(data) = &common.data {
            configuration.data.clone_from(data);
        }
        for (given, place) in [
            (&common.listen, &mut configuration.listen),
            (&common.store, &mut configuration.store),
            (&common.bus, &mut configuration.bus),
        ] {
            if let Some(given) = given {
                place.clone_from(given);
            }
        }
        if let Some(file) = &common.master_key {
            configuration.master_key.clone_from(file);
        }
        if let Some(format) = common.log {
            configuration.log.format = format;
        }
        configuration.check()?;
        Ok(configuration)
    }

    fn check(&self) -> anyhow::Result<()> {
        self.address()?;
        let begins = |url: &str, schemes: &[&str]| {
            url.is_empty() || schemes.iter().any(|scheme| url.starts_with(scheme))
        };
        anyhow::ensure!(
            begins(&self.store, &["postgres://", "postgresql://"]),
            "`store` must begin with postgres://, or be empty for SQLite in the data directory"
        );
        anyhow::ensure!(
            begins(&self.bus, &["nats://", "tls://"]),
            "`bus` must begin with nats:// or tls://, or be empty for a single node"
        );
        anyhow::ensure!(
            self.bus.is_empty() || !self.store.is_empty(),
            "`bus` connects nodes over one database: name it with `store`, or leave `bus` empty"
        );
        self.check_numbers()?;
        self.realtime.check().context("`[realtime]`")?;
        anyhow::ensure!(
            self.bus.is_empty() || !self.realtime.compat.enabled,
            "`realtime.compat.enabled`: what is said in those channels is in the memory of one server, and `bus` connects \
             several: leave one of the two out"
        );
        // Nonces are kept by quarters of an hour there.
        anyhow::ensure!(
            self.store.is_empty() || self.gateway.clock_window_seconds <= 900,
            "`gateway.clock_window_seconds` must be at most 900 over PostgreSQL, but is {}",
            self.gateway.clock_window_seconds
        );
        let tls = &self.tls;
        anyhow::ensure!(
            tls.certificate.as_os_str().is_empty() == tls.key.as_os_str().is_empty(),
            "`tls.certificate` and `tls.key` go together"
        );
        self.http.check()?;
        if !self.metrics.listen.is_empty() {
            self.metrics
                .listen
                .parse::<SocketAddr>()
                .context("`metrics.listen` must be an address and a port")?;
        }
        anyhow::ensure!(
            self.public_url.is_empty()
                || self.public_url.starts_with("http://")
                || self.public_url.starts_with("https://"),
            "`public_url` must begin with http:// or https://"
        );
        Ok(())
    }

    /// The file of the master key, for a server with this data directory.
    pub(crate) fn master_key_file(&self, directory: &Path) -> PathBuf {
        match self.master_key.as_os_str().is_empty() {
            true => directory.join("master.key"),
            false => self.master_key.clone(),
        }
    }

    /// The address to listen on.
    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        self.listen.parse().with_context(|| {
            format!("`listen` must be an address and a port such as 127.0.0.1:7070, but is {:?}", self.listen)
        })
    }

    /// Where callers reach a server that listens at `address`: for one that listens on every address of the machine,
    /// the loopback, which is reached from here at least.
    pub(crate) fn endpoint_at(&self, address: SocketAddr) -> String {
        let scheme = if self.has_tls() { "https" } else { "http" };
        let reached = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        match self.public_url.trim_end_matches('/') {
            "" => format!("{scheme}://{}", SocketAddr::new(reached, address.port())),
            url => url.to_owned(),
        }
    }

    /// Whether the listener speaks TLS.
    pub(crate) fn has_tls(&self) -> bool {
        !self.tls.certificate.as_os_str().is_empty()
    }

    /// How long a call waits for an acknowledgement: not so long that its own time is over first.
    fn acknowledgement_millis(&self) -> u64 {
        let longest = self.gateway.handler_seconds.saturating_mul(1000).saturating_sub(ANSWERING_MILLIS);
        self.limits.acknowledgement_millis.min(longest)
    }

    /// The bounds that the domain's rules apply.
    pub(crate) fn domain_limits(&self) -> Limits {
        let bound = |n: u64| (n > 0).then_some(n);
        let types = |n: usize| if n > 0 { n } else { usize::MAX };
        Limits {
            apps_per_account: bound(self.limits.apps_per_account),
            groups_per_app: bound(self.limits.groups_per_app),
            channels_per_account: bound(self.limits.channels_per_account),
            message_types_per_group: types(self.limits.message_types_per_group),
            generation_1_message_types_per_group: types(self.limits.generation_1_message_types_per_group),
            words_per_app: self.limits.words_per_app,
            moderation: self.moderation.bounds(),
            super_group_threshold: self.super_group.threshold,
            super_group_listing: match self.super_group.listing {
                Listing::Refuse => SuperListing::Refuse,
                Listing::Serve => SuperListing::Serve,
            },
            mutes_per_group: self.limits.mutes_per_group,
            chat_participants: self.cams.max_participants,
            chat_message_characters: self.cams.message_characters,
            chat_messages_per_minute: self.cams.messages_per_minute,
            chat_seat_millis: i64::from(self.cams.seat_days) * MILLIS_PER_DAY,
            chat_seats_by_number: self.cams.seats_by_number,
            chat_group_events: self.cams.group_events,
            acknowledgement_millis: self.acknowledgement_millis(),
            acknowledgements_awaited: self.limits.acknowledgements_awaited,
            chat_file_bytes: self.cams.file_bytes,
            chat_file_bytes_per_channel: self.cams.file_bytes_per_channel,
            chat_file_millis: i64::from(self.cams.file_days) * MILLIS_PER_DAY,
            access_token_millis: i64::from(self.limits.access_token_seconds) * 1000,
            login_ahead_millis: i64::from(self.realtime.token_days) * MILLIS_PER_DAY,
            login_nonces: self.realtime.nonces.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str, common: Common) -> anyhow::Result<Configuration> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("muster.toml");
        std::fs::write(&path, text).unwrap();
        Configuration::load(&Common { config: Some(path), ..common })
    }

    #[test]
    fn a_flag_counts_over_the_file_and_the_file_over_the_default() {
        let text = "listen = '127.0.0.1:1'\n[realtime]\ngrace_seconds = 3\n";
        let configuration = loaded(text, Common::default()).unwrap();
        assert_eq!((configuration.listen.as_str(), configuration.realtime.grace_seconds), ("127.0.0.1:1", 3));
        let flag = Common { listen: Some("127.0.0.1:2".to_owned()), ..Common::default() };
        assert_eq!(loaded(text, flag).unwrap().listen, "127.0.0.1:2");
    }

    #[test]
    fn the_endpoint_is_an_address_that_can_be_reached() {
        let configuration = Configuration::default();
        for (listening, endpoint) in [
            ("127.0.0.1:7070", "http://127.0.0.1:7070"),
            ("0.0.0.0:7070", "http://127.0.0.1:7070"),
            ("[::]:7070", "http://[::1]:7070"),
            ("10.1.2.3:80", "http://10.1.2.3:80"),
        ] {
            assert_eq!(configuration.endpoint_at(listening.parse().unwrap()), endpoint);
        }
        let named = Configuration { public_url: "https://im.example.com/".to_owned(), ..configuration };
        assert_eq!(named.endpoint_at("0.0.0.0:7070".parse().unwrap()), "https://im.example.com");
    }

    #[test]
    fn an_unknown_key_is_refused_by_name_and_line() {
        let refused = loaded("\n[throttle]\nenabled = true\nspeed = 3\n", Common::default()).unwrap_err();
        let text = format!("{refused:#}");
        assert!(text.contains("speed") && text.contains("line 4"), "{text}");
    }

    #[test]
    fn a_value_that_makes_no_sense_is_refused_with_the_key_s_name() {
        for (text, key) in [
            ("listen = 'nowhere'", "listen"),
            ("[tls]\ncertificate = 'a.pem'", "tls.key"),
            ("public_url = 'im.example.com'", "public_url"),
            ("[super_group]\nlisting = 'maybe'", "line 2"),
            ("[cams]\nmax_participants = -1", "line 2"),
            ("[gateway]\nhandler_seconds = 0", "`gateway.handler_seconds` must be from 1 to 3600, but is 0"),
            ("[gateway]\nclock_window_seconds = 0", "gateway.clock_window_seconds"),
            ("[gateway]\nnonces_per_key = 0", "gateway.nonces_per_key"),
            ("[gateway]\njson_depth = 128", "gateway.json_depth"),
            ("[gateway]\nbody_bytes = 0", "gateway.body_bytes"),
            (
                "store = 'postgres://h/d'\n[gateway]\nclock_window_seconds = 901",
                "`gateway.clock_window_seconds` must be at most 900 over PostgreSQL, but is 901",
            ),
            ("[limits]\naccess_token_seconds = 0", "limits.access_token_seconds"),
            ("[sqlite]\nreaders = 0", "`sqlite.readers` must be from 1 to 256, but is 0"),
            ("[sqlite]\nwal_limit_bytes = 0", "sqlite.wal_limit_bytes"),
            ("[sqlite]\nwaiting_writes = 0", "`sqlite.waiting_writes` must be from 1"),
            ("[postgres]\nwaiting_writes = 9999999", "postgres.waiting_writes"),
            ("[postgres]\nwriters = 0", "postgres.writers"),
            ("[super_group]\nthreshold = 0", "`super_group.threshold` must be from 1"),
            ("[cams]\nmax_participants = 9223372036854775807", "cams.max_participants"),
        ] {
            let refused = format!("{:#}", loaded(text, Common::default()).unwrap_err());
            assert!(refused.contains(key), "{text}: {refused}");
        }
    }
}
