//! `muster`: the server and its command line.

mod admin;
mod audit;
mod bench;
mod cli;
mod config;
#[cfg(test)]
mod coverage;
mod data;
mod doctor;
mod failure;
mod first_start;
mod foundation;
#[cfg(test)]
mod generated;
mod http;
mod identities;
mod invite;
mod lease;
mod logging;
mod master;
mod metrics;
mod net;
mod nonces;
mod pages;
mod private;
mod readiness;
mod reload;
mod serve;
mod shared;
mod signals;
mod system;
mod tasks;
mod tls;
mod transfer;

use std::{io::Read as _, path::Path, process::ExitCode};

use admin::AdminCommand;
use anyhow::Context as _;
use audit::Operator;
use clap::Parser as _;
use cli::{Cli, Command};
use config::{Configuration, LogConfig, LogFormat};
use data::{DataDirectory, Unavailable};
use failure::{exit_code, misconfigured};
use first_start::Given;
use foundation::Foundation;
use logging::Log;

/// Many small allocations of many threads, which the C library's allocator serves slower (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    private::close_new_files();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(fault) if fault.use_stderr() && asks_for_json(std::env::args()) => {
            return failed(
                &misconfigured(anyhow::anyhow!("{}", fault.render().to_string().trim_end())),
                Words::Json,
            );
        }
        Err(fault) => fault.exit(),
    };
    let configuration = match Configuration::load(&cli.common) {
        Ok(configuration) => configuration,
        Err(error) => return failed(&misconfigured(error), words(&cli, cli.common.log)),
    };
    let words = words(&cli, Some(configuration.log.format));
    match run(cli, configuration) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error, words),
    }
}

/// The form of a failure's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    /// For a person.
    Text,
    /// One JSON object on a line.
    Json,
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

#[expect(clippy::print_stderr, reason = "the last words of a command that failed, for whoever typed it")]
fn failed(error: &anyhow::Error, words: Words) -> ExitCode {
    let code = exit_code(error);
    match words {
        Words::Text => eprintln!("muster: {error:#}"),
        Words::Json => {
            let message = format!("{error:#}");
            eprintln!("{}", serde_json::json!({ "level": "ERROR", "message": message, "exitCode": code }));
        }
    }
    ExitCode::from(code)
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
        command => {
            let format = if json { LogFormat::Json } else { configuration.log.format };
            let _log = Log::start_for_command(&LogConfig { format, ..configuration.log.clone() })?;
            operate(command, &configuration, cli.common.config.as_deref(), json)
        }
    }
}

/// Does a command that works on a store, beside a server or without one.
fn operate(
    command: Command,
    configuration: &Configuration,
    config_file: Option<&Path>,
    json: bool,
) -> anyhow::Result<()> {
    let shown = |file: &Path| file.display().to_string();
    let command = match command {
        Command::Export(to) => {
            let work = || transfer::export(configuration, &to.file, json);
            return audit::told("export", &shown(&to.file), work);
        }
        Command::Import(asked) => {
            let file = &asked.from.file;
            let work = || transfer::import(configuration, file, asked.trust, json);
            return audit::told("import", &shown(file), work);
        }
        Command::Restore(from) => {
            let work = || transfer::backup::restore(configuration, &from.file, json);
            return audit::told("restore", &shown(&from.file), work);
        }
        Command::Doctor(asked) if asked.accept_loss => {
            let work = || doctor::accept_loss(configuration, json);
            return audit::told("doctor --accept-loss", &shown(&configuration.data), work);
        }
        Command::Doctor(_) => return doctor::run(configuration, config_file, json),
        Command::Backup(to) => {
            let command = transfer::backup::command(configuration, &to.file)?;
            let answer = administer(configuration, command)?;
            return transfer::backup::written(&answer, json);
        }
        Command::Token(token) => {
            let most = i64::from(configuration.realtime.token_days) * 86_400;
            if i64::from(token.ttl) > most {
                let rule = format!("--ttl must be at most {most} seconds, as `realtime.token_days` says");
                return Err(misconfigured(anyhow::anyhow!(rule)));
            }
            let admin = token.role == cli::Role::Admin;
            let command = AdminCommand::Token { app: token.app, user: token.user, admin, ttl: token.ttl };
            let answer = administer(configuration, command)?;
            // Alone on its line, so that a script takes it as it is.
            let alone = if json { answer } else { answer["token"].clone() };
            return Ok(admin::print(&alone, json)?);
        }
        other => administrative(other)?,
    };
    let answer = administer(configuration, command)?;
    Ok(admin::print(&answer, json)?)
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot be started")
}

/// What a command of the command line asks the server to do.
fn administrative(command: Command) -> anyhow::Result<AdminCommand> {
    use AdminCommand as A;
    use cli::{App, Channel, Group, Key, Number, Policy, User};
    Ok(match command {
        Command::User(User::Add { name }) => A::UserAdd { name },
        Command::User(User::List) => A::UserList,
        Command::User(User::Remove { name }) => A::UserRemove { name },
        Command::Key(Key::Add { user: Some(user), .. }) => A::KeyAdd { user },
        Command::Key(Key::Add { user: None, .. }) => A::RootKeyAdd,
        Command::Key(Key::List) => A::KeyList,
        Command::Key(Key::Disable { id }) => A::KeySetActive { id, active: false },
        Command::Key(Key::Enable { id }) => A::KeySetActive { id, active: true },
        Command::Key(Key::Remove { id }) => A::KeyRemove { id },
        Command::Policy(Policy::Put { name, file }) => A::PolicyPut { name, document: document(&file)? },
        Command::Policy(Policy::List) => A::PolicyList,
        Command::Policy(Policy::Show { name }) => A::PolicyShow { name },
        Command::Policy(Policy::Attach { name, user }) => A::PolicyAttach { name, user },
        Command::Policy(Policy::Detach { name, user }) => A::PolicyDetach { name, user },
        Command::Policy(Policy::Remove { name }) => A::PolicyRemove { name },
        Command::Channel(Channel::Add { name }) => A::ChannelAdd { name },
        Command::Channel(Channel::List) => A::ChannelList,
        Command::Number(Number::Add { digits, channel }) => A::NumberAdd { digits, channel },
        Command::Number(Number::List) => A::NumberList,
        Command::App(App::List) => A::AppList,
        Command::Group(Group::List { app, part }) => A::GroupList { app, page: part.page, size: part.size },
        Command::Group(Group::Show { app, group }) => A::GroupShow { app, group },
        Command::Members(m) => {
            A::Members { app: m.app, group: m.group, page: m.part.page, size: m.part.size }
        }
        Command::Serve(_)
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::Config(_)
        | Command::Doctor(_)
        | Command::Bench(_)
        | Command::Token(_)
        | Command::Export(_)
        | Command::Import(_) => {
            anyhow::bail!("this command is not for the server")
        }
    })
}

fn document(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file)
        .with_context(|| format!("the policy file {} cannot be read", file.display()))
}

/// Has a command done: by the server that runs on the data directory, or here when none runs. It makes no store.
fn administer(configuration: &Configuration, command: AdminCommand) -> anyhow::Result<serde_json::Value> {
    let directory = &configuration.data;
    foundation::must_hold_store(configuration, directory)?;
    // Who commands a database from elsewhere has no data directory, and needs none.
    let held = if directory.exists() { DataDirectory::take_existing(directory).map(Some) } else { Ok(None) };
    let outcome = match held {
        Ok(_held) => runtime()?.block_on(without_server(configuration, command))?,
        Err(Unavailable::Held { .. }) => admin::send(directory, command)?,
        Err(Unavailable::Failed(error)) => return Err(error),
    };
    outcome.map_err(|refusal| anyhow::anyhow!(refusal))
}

/// Has a command done by this process, on the store itself.
async fn without_server(
    configuration: &Configuration,
    command: AdminCommand,
) -> anyhow::Result<admin::Outcome> {
    let operator = Operator::current();
    let foundation = match Foundation::open(configuration, &configuration.data).await {
        Ok(foundation) => foundation,
        Err(error) => {
            let (operation, resource) = command.about();
            audit::tell(&operator, "", (operation, &resource), &format!("{error:#}"));
            return Err(error);
        }
    };
    let outcome = admin::execute(&foundation.muster, &operator, command).await;
    foundation.close().await?;
    Ok(outcome)
}
