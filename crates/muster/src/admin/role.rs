//! The commands of roles.

use std::path::PathBuf;

use clap::Subcommand;
use muster_core::{
    account::{Holder, Role, RoleChange},
    error::Error,
    id::AccountId,
    service::{DEFAULT_SESSION_SECONDS, MAX_SESSION_SECONDS, Muster},
};
use muster_gateway::policy::TrustPolicy;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Printout, command::text_of};

/// A command of roles.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize)]
pub(crate) enum RoleCommand {
    /// Make a role. Without a trust policy, every user of the account may become it whom a policy allows to.
    Add {
        /// The role's name.
        name: String,
        /// The file of the trust policy; `-` reads from standard input.
        #[arg(long, value_name = "FILE")]
        #[serde(skip)]
        trust: Option<PathBuf>,
        /// What is in it.
        #[arg(skip)]
        document: Option<String>,
        /// The longest that somebody may be the role without asking again, in seconds.
        #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_SESSION_SECONDS,
            value_parser = clap::value_parser!(u32).range(session_range()))]
        max_session: u32,
    },
    /// List the roles.
    List,
    /// Show a role with its trust policy.
    Show { name: String },
    /// Change a role's trust policy or longest session.
    Update {
        /// The role's name.
        name: String,
        /// The file of the trust policy; `-` reads from standard input.
        #[arg(long, value_name = "FILE", required_unless_present = "max_session")]
        #[serde(skip)]
        trust: Option<PathBuf>,
        /// What is in it.
        #[arg(skip)]
        document: Option<String>,
        /// The longest that somebody may be the role without asking again, in seconds.
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(session_range()))]
        max_session: Option<u32>,
    },
    /// Delete a role; its sessions end.
    Delete { name: String },
    /// Attach a policy to a role.
    Attach { policy: String, role: String },
    /// Detach a policy from a role.
    Detach { policy: String, role: String },
}

fn session_range() -> std::ops::RangeInclusive<i64> {
    i64::from(DEFAULT_SESSION_SECONDS)..=i64::from(MAX_SESSION_SECONDS)
}

impl RoleCommand {
    /// Its name and what it is about, for the audit line.
    pub(super) fn about(&self) -> (&'static str, String) {
        match self {
            Self::Add { name, .. } => ("role add", name.clone()),
            Self::List => ("role list", String::new()),
            Self::Show { name } => ("role show", name.clone()),
            Self::Update { name, .. } => ("role update", name.clone()),
            Self::Delete { name } => ("role delete", name.clone()),
            Self::Attach { policy, role } => ("role attach", format!("{policy}/{role}")),
            Self::Detach { policy, role } => ("role detach", format!("{policy}/{role}")),
        }
    }

    /// Reads the file of a trust policy, which only the process that was given its name can.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn read_trust(&mut self) -> anyhow::Result<()> {
        if let Self::Add { trust: Some(file), document, .. }
        | Self::Update { trust: Some(file), document, .. } = self
        {
            *document = Some(text_of("trust policy", file)?);
        }
        Ok(())
    }
}

/// Does a command.
pub(super) async fn execute(
    muster: &Muster,
    account: &AccountId,
    command: RoleCommand,
) -> Result<Printout, Error> {
    let accounts = muster.accounts();
    let thing = |value| Ok(Printout::Thing(value));
    match command {
        RoleCommand::Add { name, document, max_session, .. } => {
            let trust = document.unwrap_or_else(|| TrustPolicy::of_account(account.as_str()));
            checked(&trust)?;
            let role = accounts.add_role(account, &name, &trust, max_session).await?;
            thing(json!({ "roleName": role.name, "roleId": role.id, "arn": arn(&role) }))
        }
        RoleCommand::List => {
            let directory = accounts.directory().await?;
            let rows = directory.roles.iter().map(|role| {
                let of = (role.account.clone(), Holder::Role(role.name.clone()));
                let policies = directory.attachments.get(&of).cloned().unwrap_or_default();
                json!({
                    "roleName": role.name,
                    "roleId": role.id,
                    "policies": policies,
                    "maxSessionSeconds": role.max_session_seconds,
                    "createdAt": role.created_at.seconds(),
                })
            });
            Ok(Printout::List(rows.collect()))
        }
        RoleCommand::Show { name } => shown(muster, account, &name).await,
        RoleCommand::Update { name, document, max_session, .. } => {
            document.as_deref().map_or(Ok(()), checked)?;
            let change = RoleChange { trust: document, max_session_seconds: max_session };
            accounts.change_role(account, &name, change).await?;
            thing(json!({ "updated": name }))
        }
        RoleCommand::Delete { name } => {
            accounts.remove_role(account, &name).await?;
            thing(json!({ "removed": name }))
        }
        RoleCommand::Attach { policy, role } => {
            accounts.attach(account, &policy, &Holder::Role(role.clone())).await?;
            thing(json!({ "policyName": policy, "attachedTo": role }))
        }
        RoleCommand::Detach { policy, role } => {
            accounts.detach(account, &policy, &Holder::Role(role.clone())).await?;
            thing(json!({ "policyName": policy, "detachedFrom": role }))
        }
    }
}

fn arn(role: &Role) -> String {
    format!("acs:ram::{}:role/{}", role.account, role.name)
}

/// Refuses what is no trust policy.
fn checked(trust: &str) -> Result<(), Error> {
    TrustPolicy::accept(trust).map(drop).map_err(|error| Error::Invalid(error.to_string()))
}

async fn shown(muster: &Muster, account: &AccountId, name: &str) -> Result<Printout, Error> {
    let directory = muster.accounts().directory().await?;
    let role = directory.roles.iter().find(|role| role.account == *account && role.name == name);
    let role = role.ok_or_else(|| Error::Missing(format!("the role {name}")))?;
    let of = (role.account.clone(), Holder::Role(role.name.clone()));
    let policies = directory.attachments.get(&of).cloned().unwrap_or_default();
    let trust: Value =
        serde_json::from_str(&role.trust).map_err(|error| Error::Invalid(error.to_string()))?;
    Ok(Printout::Thing(json!({
        "roleName": role.name,
        "roleId": role.id,
        "arn": arn(role),
        "trust": trust,
        "policies": policies,
        "maxSessionSeconds": role.max_session_seconds,
        "createdAt": role.created_at.seconds(),
        "modifiedAt": role.modified_at.seconds(),
    })))
}
