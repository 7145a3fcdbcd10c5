//! The commands that a running server carries out. One type is what the command line reads, what goes over the port, and
//! what is carried out.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use muster_core::group::Window;
use serde::{Deserialize, Serialize};

use super::{channel, role::RoleCommand};
use crate::{config::Configuration, failure::misconfigured, transfer::backup};

/// An operator's command.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize)]
pub(crate) enum AdminCommand {
    /// Manage the users of the account.
    #[command(subcommand)]
    User(User),
    /// Manage access keys.
    #[command(subcommand)]
    Key(Key),
    /// Manage policies.
    #[command(subcommand)]
    Policy(Policy),
    /// Manage roles, which users become for a time by `AssumeRole`.
    #[command(subcommand)]
    Role(RoleCommand),
    /// Manage CAMS channels.
    #[command(subcommand)]
    Channel(Channel),
    /// Manage CAMS business numbers.
    #[command(subcommand)]
    Number(Number),
    /// Look at applications.
    #[command(subcommand)]
    App(App),
    /// Look at groups, and stop CAMS groups.
    #[command(subcommand)]
    Group(Group),
    /// List the members of a group.
    Members(Members),
    /// Keep an application's word list: what its messages may not say. It is held against them when the application's
    /// AuditType is 1, and always in one of generation 1.
    #[command(subcommand)]
    Word(Word),
    /// Look at callbacks that applications are owed, and send dead letters again.
    #[command(subcommand)]
    Callbacks(Callbacks),
    /// Print a login token for a user of a generation 2 application.
    Token(Token),
    /// Write the embedded store to one file, while the server runs or not. The master key is not in it.
    Backup(Backup),
}

impl AdminCommand {
    /// Its name and what it is about, for the audit line: no documents, and nothing secret.
    pub(crate) fn about(&self) -> (&'static str, String) {
        let pair = |a: &str, b: &str| format!("{a}/{b}");
        match self {
            Self::User(User::Add { name }) => ("user add", name.clone()),
            Self::User(User::List) => ("user list", String::new()),
            Self::User(User::Remove { name }) => ("user remove", name.clone()),
            Self::Key(Key::Add { user: Some(user), .. }) => ("key add", user.clone()),
            Self::Key(Key::Add { user: None, .. }) => ("key add --root", String::new()),
            Self::Key(Key::List) => ("key list", String::new()),
            Self::Key(Key::Disable { id }) => ("key disable", id.clone()),
            Self::Key(Key::Enable { id }) => ("key enable", id.clone()),
            Self::Key(Key::Remove { id }) => ("key remove", id.clone()),
            Self::Policy(Policy::Put { name, .. }) => ("policy put", name.clone()),
            Self::Policy(Policy::List) => ("policy list", String::new()),
            Self::Policy(Policy::Show { name }) => ("policy show", name.clone()),
            Self::Policy(Policy::Attach { name, user }) => ("policy attach", pair(name, user)),
            Self::Policy(Policy::Detach { name, user }) => ("policy detach", pair(name, user)),
            Self::Policy(Policy::Remove { name }) => ("policy remove", name.clone()),
            Self::Role(command) => command.about(),
            Self::Channel(Channel::Add { name }) => ("channel add", name.clone()),
            Self::Channel(Channel::List) => ("channel list", String::new()),
            Self::Number(Number::Add { digits, channel }) => ("number add", pair(channel, digits)),
            Self::Number(Number::List) => ("number list", String::new()),
            Self::App(App::List) => ("app list", String::new()),
            Self::Group(Group::List { app, .. }) => ("group list", app.clone()),
            Self::Group(Group::Show { app, group }) => ("group show", pair(app, group)),
            Self::Group(Group::Suspend { channel, group }) => ("group suspend", pair(channel, group)),
            Self::Group(Group::Resume { channel, group }) => ("group resume", pair(channel, group)),
            Self::Members(Members { app, group, .. }) => ("members", pair(app, group)),
            Self::Word(Word::Add { app, .. }) => ("word add", app.clone()),
            Self::Word(Word::Import { app, .. }) => ("word import", app.clone()),
            Self::Word(Word::List { app }) => ("word list", app.clone()),
            Self::Word(Word::Remove { app, .. }) => ("word remove", app.clone()),
            Self::Word(Word::Test { app, .. }) => ("word test", app.clone()),
            Self::Callbacks(Callbacks::List { .. }) => ("callbacks list", String::new()),
            Self::Callbacks(Callbacks::Show { number }) => ("callbacks show", number.to_string()),
            Self::Callbacks(Callbacks::Retry { number }) => ("callbacks retry", number.to_string()),
            Self::Callbacks(Callbacks::Drop { number }) => ("callbacks drop", number.to_string()),
            Self::Token(Token { app, user, .. }) => ("token", pair(app, user)),
            Self::Backup(Backup { file }) => ("backup", file.display().to_string()),
        }
    }

    /// The command with what only the process that was given it knows: the text of a file, and where a path leads.
    ///
    /// # Errors
    /// The file cannot be read, or the configuration does not allow what is asked for.
    pub(crate) fn made_ready(mut self, configuration: &Configuration) -> anyhow::Result<Self> {
        match &mut self {
            Self::Role(command) => command.read_trust()?,
            Self::Policy(Policy::Put { file, document, .. }) => *document = text_of("policy", file)?,
            Self::Word(Word::Import { file, entries, .. }) => *entries = text_of("word", file)?,
            Self::Token(token) => token.check(configuration)?,
            Self::Backup(Backup { file }) => {
                backup::only_embedded(configuration)?;
                // The server may have been started in another directory.
                *file = std::path::absolute(&*file).with_context(|| format!("{}", file.display()))?;
            }
            _ => {}
        }
        Ok(self)
    }

    /// Refuses what the command line would not have read. A page of the console writes a command by itself, and could leave
    /// out what makes a root key a thing that was asked for.
    ///
    /// # Errors
    /// A sentence about the command.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let rule = match self {
            Self::Key(Key::Add { user, root }) if user.is_some() == *root => {
                "a key is made for a user, or with root for the account itself"
            }
            Self::Group(Group::List { part, .. })
            | Self::Members(Members { part, .. })
            | Self::Callbacks(Callbacks::List { part, .. })
                if part.page == 0 || !(1..=MOST_ROWS).contains(&part.size) =>
            {
                "pages count from 1, and have 1 to 1000 rows"
            }
            Self::Word(Word::Add { entries, .. }) if entries.is_empty() => "there is no entry to add",
            Self::Token(Token { ttl: 0, .. }) => "a token is good for at least 1 second",
            _ => return Ok(()),
        };
        Err(rule)
    }

    /// How long whoever gave the command waits for its outcome; `None` for as long as it takes.
    pub(super) fn patience(&self) -> Option<Duration> {
        match self {
            Self::Backup(_) => None,
            _ => Some(channel::PATIENCE),
        }
    }
}

/// The text of a file of `what`; `-` is standard input.
pub(super) fn text_of(what: &str, file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file)
        .with_context(|| format!("the {what} file {} cannot be read", file.display()))
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize)]
pub(crate) enum User {
    /// Make a user.
    Add { name: String },
    /// List the users.
    List,
    /// Delete a user with its keys.
    Remove { name: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize)]
pub(crate) enum Key {
    /// Make an access key; its secret is shown once.
    Add {
        /// The user whose key it is.
        #[arg(required_unless_present = "root", conflicts_with = "root")]
        user: Option<String>,
        /// Make a key of the account itself, which may do everything.
        #[arg(long)]
        root: bool,
    },
    /// List the access keys.
    List,
    /// Switch a key off.
    Disable { id: String },
    /// Switch a key on.
    Enable { id: String },
    /// Delete a key.
    Remove { id: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize)]
pub(crate) enum Policy {
    /// Make a policy from a file, or replace its text; `-` reads from standard input.
    Put {
        /// The policy's name.
        name: String,
        /// The file.
        #[serde(skip)]
        file: PathBuf,
        /// What is in it; see [`AdminCommand::made_ready`].
        #[arg(skip)]
        document: String,
    },
    /// List the policies and whom they are attached to.
    List,
    /// Print a policy's text.
    Show { name: String },
    /// Attach a policy to a user.
    Attach { name: String, user: String },
    /// Detach a policy from a user.
    Detach { name: String, user: String },
    /// Delete a policy.
    Remove { name: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize)]
pub(crate) enum Channel {
    /// Make a channel; its id is the `CustSpaceId` of the API.
    Add { name: String },
    /// List the channels and their numbers.
    List,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize)]
pub(crate) enum Number {
    /// Bind a business number to a channel.
    Add {
        /// The number: digits, country code first.
        digits: String,
        /// The channel's id.
        #[arg(long)]
        channel: String,
    },
    /// List the numbers.
    List,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize)]
pub(crate) enum App {
    /// List the applications of both generations.
    List,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize)]
pub(crate) enum Group {
    /// List the groups of an application.
    List {
        /// The application.
        app: String,
        #[command(flatten)]
        part: Part,
    },
    /// Show a group and its figures.
    Show {
        /// The application.
        app: String,
        /// The group.
        group: String,
    },
    /// Suspend a CAMS group: nobody joins it and nothing of it is changed, but it can be deleted.
    Suspend {
        /// The channel of the group.
        channel: String,
        /// The group.
        group: String,
    },
    /// Let a suspended CAMS group go on.
    Resume {
        /// The channel of the group.
        channel: String,
        /// The group.
        group: String,
    },
}

/// Rows of a page at most.
const MOST_ROWS: u16 = 1_000;

/// A page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub(crate) struct Part {
    /// The page, from 1.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) page: u64,
    /// Rows of a page.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_ROWS)))]
    pub(crate) size: u16,
}

impl Part {
    /// The part of the list that it is.
    pub(crate) fn window(self) -> Window {
        Window::page(self.page, self.size.into())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize)]
pub(crate) enum Word {
    /// Add entries: words, or patterns between slashes.
    Add {
        /// The application.
        app: String,
        /// The entries.
        #[arg(required = true)]
        entries: Vec<String>,
    },
    /// Add the lines of a file; `-` reads from standard input. Empty lines, and lines that begin with `#`, are passed over.
    Import {
        /// The application.
        app: String,
        /// The file.
        #[serde(skip)]
        file: PathBuf,
        /// What is in it; see [`AdminCommand::made_ready`].
        #[arg(skip)]
        entries: String,
    },
    /// List the entries.
    List {
        /// The application.
        app: String,
    },
    /// Take an entry off the list.
    Remove {
        /// The application.
        app: String,
        /// The entry, as it was given.
        entry: String,
    },
    /// Say which entry a text holds, if any.
    Test {
        /// The application.
        app: String,
        /// The text.
        text: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub(crate) struct Members {
    /// The application, or the channel of a CAMS group.
    pub(crate) app: String,
    /// The group.
    pub(crate) group: String,
    #[command(flatten)]
    pub(crate) part: Part,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize)]
pub(crate) enum Callbacks {
    /// List dead letters, or what is still owed.
    List {
        /// List what is still owed.
        #[arg(long)]
        owed: bool,
        #[command(flatten)]
        part: Part,
    },
    /// Show a callback or a dead letter: what is sent, where to, and why it was not taken yet.
    Show {
        /// Its number in the list.
        number: i64,
    },
    /// Send a dead letter again, as if it had been made now.
    Retry {
        /// Its number in the list.
        number: i64,
    },
    /// Remove a callback or a dead letter.
    Drop {
        /// Its number in the list.
        number: i64,
    },
}

/// The role of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub(crate) enum Role {
    /// May also make and run groups.
    Admin,
    /// May join and send.
    User,
}

#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub(crate) struct Token {
    /// The application (generation 2).
    #[arg(long)]
    pub(crate) app: String,
    /// The user.
    #[arg(long)]
    pub(crate) user: String,
    /// The role.
    #[arg(long, value_enum, default_value_t = Role::User)]
    pub(crate) role: Role,
    /// How long the token is good for, in seconds.
    #[arg(
        long, default_value_t = 86_400, allow_negative_numbers = true,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub(crate) ttl: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub(crate) struct Backup {
    /// The file.
    pub(crate) file: PathBuf,
}

impl Token {
    /// Refuses a time that no login's expiry may lie ahead.
    fn check(&self, configuration: &Configuration) -> anyhow::Result<()> {
        let most = i64::from(configuration.realtime.token_days) * 86_400;
        if i64::from(self.ttl) > most {
            let rule = format!("--ttl must be at most {most} seconds, as `realtime.token_days` says");
            return Err(misconfigured(anyhow::anyhow!(rule)));
        }
        Ok(())
    }
}
