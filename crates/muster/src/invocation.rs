//! A run of the program, from its arguments to its end.

use std::path::Path;

use anyhow::Context as _;
use clap::Parser as _;

use crate::{
    admin, audit, bench,
    cli::{Cli, Command, StoreCommand},
    config::{self, Configuration, LogConfig, LogFormat},
    doctor,
    failure::{Failure, Words, misconfigured},
    first_start::Given,
    logging::Log,
    private, serve, transfer,
};

/// What was asked for: a command, and the configuration it counts under.
#[derive(Debug)]
pub struct Invocation {
    cli: Cli,
    configuration: Configuration,
}

impl Invocation {
    /// Reads the arguments of this process, its environment and the configuration file. Whoever asks for help or the
    /// version is answered here, and the process ends. From here on the files that this process makes are its own user's
    /// alone.
    ///
    /// # Errors
    /// The arguments or the configuration are not understood.
    pub fn read() -> Result<Self, Failure> {
        private::close_new_files();
        let cli = match Cli::try_parse() {
            Ok(cli) => cli,
            Err(fault) if fault.use_stderr() && asks_for_json(std::env::args()) => {
                let text = fault.render().to_string();
                return Err(Failure::new(misconfigured(anyhow::anyhow!("{}", text.trim_end())), Words::Json));
            }
            Err(fault) => fault.exit(),
        };
        match Configuration::load(&cli.common) {
            Ok(configuration) => Ok(Self { cli, configuration }),
            Err(error) => Err(Failure::new(misconfigured(error), words(&cli, cli.common.log))),
        }
    }

    /// Does it: returns when the command is done, or the server has ended.
    ///
    /// # Errors
    /// What it failed of.
    pub fn run(self) -> Result<(), Failure> {
        let words = words(&self.cli, Some(self.configuration.log.format));
        run(self.cli, self.configuration).map_err(|error| Failure::new(error, words))
    }
}

/// How a failure is told: as JSON to who asked for JSON, and where the log is JSON.
fn words(cli: &Cli, log: Option<LogFormat>) -> Words {
    let logged = matches!(cli.command, Command::Serve(_)) && log == Some(LogFormat::Json);
    if cli.common.json || logged { Words::Json } else { Words::Text }
}

/// Whether arguments that are not understood ask for JSON: by `--json`, or by a log in JSON.
fn asks_for_json(arguments: impl Iterator<Item = String>) -> bool {
    let arguments: Vec<String> = arguments.collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    has("--json")
        || has("--log=json")
        || arguments.windows(2).any(|pair| pair[0] == "--log" && pair[1] == "json")
}

fn run(cli: Cli, configuration: Configuration) -> anyhow::Result<()> {
    let json = cli.common.json;
    match cli.command {
        Command::Serve(root) => {
            let given = Given::check(&root)?;
            let log = Log::start(&configuration.log)?;
            if let Some(file) = &cli.common.config {
                private::warn_if_open("the configuration, which may hold secrets", file);
            }
            if configuration.has_tls() {
                private::warn_if_open("`tls.key`", &configuration.tls.key);
            }
            let served = runtime()?.block_on(serve::run(configuration, &given, &cli.common, &log));
            drop(log);
            served
        }
        Command::Config(which) => {
            let text = if which.example { config::example() } else { config::reference() };
            Ok(std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())?)
        }
        Command::Bench(bench) => bench::run(&bench, &configuration),
        Command::Store(command) => {
            let format = if json { LogFormat::Json } else { configuration.log.format };
            let _log = Log::start_for_command(&LogConfig { format, ..configuration.log.clone() })?;
            on_store(command, &configuration, cli.common.config.as_deref(), json)
        }
    }
}

/// Does a command that works on a store, beside a server or without one.
fn on_store(
    command: StoreCommand,
    configuration: &Configuration,
    config_file: Option<&Path>,
    json: bool,
) -> anyhow::Result<()> {
    let shown = |file: &Path| file.display().to_string();
    match command {
        StoreCommand::Export(to) => {
            let work = || transfer::export(configuration, &to.file, json);
            audit::told("export", &shown(&to.file), work)
        }
        StoreCommand::Import(asked) => {
            let file = &asked.from.file;
            let work = || transfer::import(configuration, file, asked.trust, json);
            audit::told("import", &shown(file), work)
        }
        StoreCommand::Restore(from) => {
            let work = || transfer::backup::restore(configuration, &from.file, json);
            audit::told("restore", &shown(&from.file), work)
        }
        StoreCommand::Doctor(asked) if asked.accept_loss => {
            let work = || doctor::accept_loss(configuration, json);
            audit::told("doctor --accept-loss", &shown(&configuration.data), work)
        }
        StoreCommand::Doctor(_) => doctor::run(configuration, config_file, json),
        StoreCommand::Admin(command) => {
            let outcome = admin::carry_out(configuration, command.made_ready(configuration)?)?;
            Ok(admin::print(&outcome, json)?)
        }
    }
}

/// The runtime of the whole process.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot be started")
}
