//! `muster`: the server and its command line.

mod admin;
mod bench;
mod cli;
mod complaint;
mod config;
#[cfg(test)]
mod coverage;
mod data;
mod doctor;
mod first_start;
mod foundation;
#[cfg(test)]
mod generated;
mod http;
mod identities;
mod invite;
mod lease;
mod logging;
mod metrics;
mod nonces;
mod pages;
mod serve;
mod shared;
mod system;
mod tls;
mod transfer;

use std::{io::Read as _, path::Path, process::ExitCode};

use admin::AdminCommand;
use anyhow::Context as _;
use clap::Parser as _;
use cli::{Cli, Command, Root};
use config::Configuration;
use data::{DataDirectory, Unavailable};
use foundation::Foundation;

/// Many small allocations of many threads, which the C library's allocator serves slower (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Wrong usage or configuration.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let configuration = match Configuration::load(&cli.common) {
        Ok(configuration) => configuration,
        Err(error) => return failed(&error, USAGE),
    };
    match run(cli, configuration) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error, 1),
    }
}

#[expect(clippy::print_stderr, reason = "the last words of a command that failed, for whoever typed it")]
fn failed(error: &anyhow::Error, code: u8) -> ExitCode {
    eprintln!("muster: {error:#}");
    ExitCode::from(code)
}

fn run(cli: Cli, configuration: Configuration) -> anyhow::Result<()> {
    let json = cli.common.json;
    let given = cli.root;
    let command = match cli.command {
        Command::Serve => {
            let log = logging::start(&configuration.log)?;
            let served = runtime()?.block_on(serve::run(configuration, &given));
            drop(log);
            return served;
        }
        Command::Config(which) => {
            let text = if which.example { config::example() } else { config::reference() };
            return Ok(std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())?);
        }
        Command::Export(to) => return transfer::export(&configuration, &to.file, json),
        Command::Import(from) => return transfer::import(&configuration, &from.file, json),
        Command::Backup(to) => {
            let command = transfer::backup::command(&configuration, &to.file)?;
            let answer = administer(&configuration, &given, command)?;
            return transfer::backup::written(&answer, json);
        }
        Command::Restore(from) => return transfer::backup::restore(&configuration, &from.file, json),
        Command::Doctor(asked) => return doctor::run(&configuration, asked.accept_loss, json),
        Command::Bench(bench) => return bench::run(&bench, &configuration),
        Command::Token(token) => {
            let admin = token.role == cli::Role::Admin;
            let command = AdminCommand::Token { app: token.app, user: token.user, admin, ttl: token.ttl };
            let answer = administer(&configuration, &given, command)?;
            // Alone on its line, so that a script takes it as it is.
            let alone = if json { answer } else { answer["token"].clone() };
            return Ok(admin::print(&alone, json)?);
        }
        other => administrative(other)?,
    };
    let answer = administer(&configuration, &given, command)?;
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
        Command::Key(Key::Add { user }) => A::KeyAdd { user },
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
        Command::Serve
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

/// Has a command done: by the server that runs on the data directory, or here when none runs. On a fresh directory it
/// makes the account first, as the first start of the server would, and shows it on standard error.
fn administer(
    configuration: &Configuration,
    given: &Root,
    command: AdminCommand,
) -> anyhow::Result<serde_json::Value> {
    let outcome = match DataDirectory::take(&configuration.data) {
        Ok(data) => runtime()?.block_on(async {
            let foundation = Foundation::lay(configuration, data.path()).await?;
            if let Some(made) = first_start::make_account(&foundation.muster, given).await? {
                first_start::show(&made, given, &configuration.endpoint()?, &mut std::io::stderr())?;
            }
            let outcome = admin::execute(&foundation.muster, command).await;
            foundation.close().await?;
            anyhow::Ok(outcome)
        })?,
        Err(Unavailable::Held { .. }) => admin::send(&configuration.data, command)?,
        Err(Unavailable::Failed(error)) => return Err(error),
    };
    outcome.map_err(|refusal| anyhow::anyhow!(refusal))
}
