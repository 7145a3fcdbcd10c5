//! What the commands of users, access keys and policies do.

use std::sync::Arc;

use muster_core::{
    account::{Holder, KeyOwner},
    error::Error,
    id::AccountId,
    service::Muster,
};
use serde_json::json;

use super::{
    Printout,
    command::{Key, Policy, User},
    execute::{parsed, thing},
};
use crate::{config::Configuration, serve};

pub(super) async fn user(muster: &Muster, account: &AccountId, command: User) -> Result<Printout, Error> {
    let accounts = muster.accounts();
    match command {
        User::Add { name } => {
            let user = accounts.add_user(account, &name).await?;
            thing(json!({ "userName": user.name, "userId": user.id }))
        }
        User::List => users(muster).await,
        User::Remove { name } => {
            accounts.remove_user(account, &name).await?;
            thing(json!({ "removed": name }))
        }
    }
}

pub(super) async fn key(muster: &Muster, account: &AccountId, command: Key) -> Result<Printout, Error> {
    let accounts = muster.accounts();
    match command {
        Key::Add { user, .. } => {
            let key = match user {
                Some(user) => accounts.add_key(account, &user).await?,
                None => accounts.add_root_key(account).await?,
            };
            thing(json!({ "accessKeyId": key.id, "accessKeySecret": key.secret }))
        }
        Key::List => keys(muster).await,
        Key::Disable { id } => set_key_active(muster, &id, false).await,
        Key::Enable { id } => set_key_active(muster, &id, true).await,
        Key::Remove { id } => {
            accounts.remove_key(&parsed(&id)?).await?;
            thing(json!({ "removed": id }))
        }
    }
}

pub(super) async fn policy(
    muster: &Arc<Muster>,
    account: &AccountId,
    command: Policy,
) -> Result<Printout, Error> {
    let accounts = muster.accounts();
    match command {
        Policy::Put { name, document, .. } => {
            let policy = muster_gateway::policy::Policy::accept(name.as_str(), &document)
                .map_err(|error| Error::Invalid(error.to_string()))?;
            accounts.put_policy(account, &name, &document).await?;
            let operations = serve::products(&Configuration::default(), muster).policy_targets();
            thing(
                json!({ "policyName": name, "warnings": policy.unreachable(account.as_str(), &operations) }),
            )
        }
        Policy::List => policies(muster).await,
        Policy::Show { name } => policy_text(muster, &name).await,
        Policy::Attach { name, user } => {
            accounts.attach(account, &name, &Holder::User(user.clone())).await?;
            thing(json!({ "policyName": name, "attachedTo": user }))
        }
        Policy::Detach { name, user } => {
            accounts.detach(account, &name, &Holder::User(user.clone())).await?;
            thing(json!({ "policyName": name, "detachedFrom": user }))
        }
        Policy::Remove { name } => {
            accounts.remove_policy(account, &name).await?;
            thing(json!({ "removed": name }))
        }
    }
}

async fn set_key_active(muster: &Muster, id: &str, active: bool) -> Result<Printout, Error> {
    muster.accounts().set_key_active(&parsed(id)?, active).await?;
    thing(json!({ "accessKeyId": id, "active": active }))
}

async fn users(muster: &Muster) -> Result<Printout, Error> {
    let directory = muster.accounts().directory().await?;
    let rows = directory.users.iter().map(|user| {
        let of = (user.account.clone(), Holder::User(user.name.clone()));
        let policies = directory.attachments.get(&of).cloned().unwrap_or_default();
        json!({ "userName": user.name, "userId": user.id, "policies": policies, "createdAt": user.created_at.seconds() })
    });
    Ok(Printout::List(rows.collect()))
}

async fn keys(muster: &Muster) -> Result<Printout, Error> {
    let directory = muster.accounts().directory().await?;
    let rows = directory.keys.iter().map(|key| {
        let owner = match &key.owner {
            KeyOwner::Root => "(root)",
            KeyOwner::User(name) => name,
        };
        let created = key.created_at.seconds();
        json!({ "accessKeyId": key.id, "user": owner, "active": key.active, "createdAt": created })
    });
    Ok(Printout::List(rows.collect()))
}

async fn policies(muster: &Muster) -> Result<Printout, Error> {
    let directory = muster.accounts().directory().await?;
    let rows = directory.policies.iter().map(|policy| {
        let holders = directory.attachments.iter().filter(|(_, names)| names.contains(&policy.name));
        let attached: Vec<String> = holders.map(|((_, holder), _)| holder_named(holder)).collect();
        json!({ "policyName": policy.name, "attachedTo": attached, "modifiedAt": policy.modified_at.seconds() })
    });
    Ok(Printout::List(rows.collect()))
}

/// A holder of a policy, as a list names it: a user by its name alone.
fn holder_named(holder: &Holder) -> String {
    match holder {
        Holder::User(name) => name.clone(),
        Holder::Role(name) => format!("role/{name}"),
    }
}

async fn policy_text(muster: &Muster, name: &str) -> Result<Printout, Error> {
    let directory = muster.accounts().directory().await?;
    let policy = directory.policies.iter().find(|policy| policy.name == name);
    let policy = policy.ok_or_else(|| Error::Missing(format!("the policy {name}")))?;
    serde_json::from_str(&policy.document)
        .map(Printout::Thing)
        .map_err(|error| Error::Invalid(error.to_string()))
}
