//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{admin::AdminCommand, config::LogFormat};

/// A self-hosted group-messaging server that speaks the ApsaraVideo Live interactive messaging and Chat App Message
/// Service group APIs.
#[derive(Debug, Parser)]
#[command(name = "muster", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes. A flag counts over the environment, that over the file, that over the default.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Common {
    /// The configuration file (TOML).
    #[arg(long, global = true, value_name = "FILE", env = "MUSTER_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The data directory [default: ./muster-data].
    #[arg(long, global = true, value_name = "DIR", env = "MUSTER_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// The address to listen on [default: 127.0.0.1:7070].
    #[arg(long, global = true, value_name = "ADDR", env = "MUSTER_LISTEN")]
    pub(crate) listen: Option<String>,
    /// The form of the log [default: text].
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) log: Option<LogFormat>,
    /// The store; without it SQLite in the data directory.
    #[arg(long, global = true, value_name = "URL", env = "MUSTER_STORE")]
    pub(crate) store: Option<String>,
    /// The bus between nodes; without it memory, for one node.
    #[arg(long, global = true, value_name = "URL", env = "MUSTER_BUS")]
    pub(crate) bus: Option<String>,
    /// The file of the master key [default: master.key in the data directory].
    #[arg(long, global = true, value_name = "FILE", env = "MUSTER_MASTER_KEY")]
    pub(crate) master_key: Option<PathBuf>,
    /// Print JSON instead of a table, and faults as JSON too.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the server.
    Serve(Root),
    /// What works on a store.
    #[command(flatten)]
    Store(StoreCommand),
    /// Print the configuration reference.
    Config(Config),
    /// Measure this machine: the server against a bare one, in one run. With `--store` and `--bus`: three nodes over
    /// these services, which must be fresh, against one.
    Bench(muster_bench::Options),
}

/// What works on a store, beside a server or without one.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// What a running server does, when there is one.
    #[command(flatten)]
    Admin(AdminCommand),
    /// Write everything that lasts to a file that any version and store reads, while the server is stopped.
    Export(Transfer),
    /// Read such a file into an empty store, while the server is stopped.
    Import(Import),
    /// Read the file of a backup into a data directory without a store, while the server is stopped.
    Restore(Restore),
    /// Look whether the files of the embedded store belong together and are sound, while the server is stopped.
    Doctor(Doctor),
}

/// The account and root key of a first start, when they are not to be drawn.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Root {
    /// The id of the root access key that the first start makes.
    #[arg(long, env = "MUSTER_ROOT_ACCESS_KEY_ID", value_name = "ID", hide_env_values = true)]
    pub(crate) root_access_key_id: Option<String>,
    /// Its secret. Give it by the environment: other users of the machine can see flags.
    #[arg(long, env = "MUSTER_ROOT_ACCESS_KEY_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub(crate) root_access_key_secret: Option<String>,
    /// The account that the first start makes: 16 digits.
    #[arg(long, env = "MUSTER_ACCOUNT_ID", value_name = "ID")]
    pub(crate) account_id: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Transfer {
    /// The file; compressed when its name ends in `.gz`. `-` is standard output or input.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    pub(crate) from: Transfer,
    /// Read a file of a version that did not sign what it wrote: you know that nobody has edited it.
    #[arg(long)]
    pub(crate) trust: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The file.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Go on with what is there after files were lost, instead of looking at everything. A write-ahead log that was not written for the database's file is
    /// put aside.
    #[arg(long)]
    pub(crate) accept_loss: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Config {
    /// Print an example file instead of the reference.
    #[arg(long)]
    pub(crate) example: bool,
}
