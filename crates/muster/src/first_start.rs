//! The first start on a store: an account and its root key are made, and told once.
//!
//! The secret goes to a terminal, or else into a file that its owner alone may read: what is not a terminal is a log as
//! often as not.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use muster_core::{
    account::{AccessKey, KeyOwner},
    id::{AccessKeyId, AccountId},
    service::{Muster, NewAccount},
};
use serde_json::json;

use crate::{cli::Root, data, failure::misconfigured};

/// The file in the data directory that a new root key is written to when there is no terminal to show it on.
pub(crate) const ROOT_KEY_FILE: &str = "root-key.json";

/// The account and root key that the operator wants a first start to make; what is not given is drawn.
#[derive(Debug, Default)]
pub(crate) struct Given {
    account: Option<AccountId>,
    key: Option<(AccessKeyId, String)>,
}

impl Given {
    /// Checks what flags and environment give.
    ///
    /// # Errors
    /// A fault of the configuration, which names the variable and never repeats a secret.
    pub(crate) fn check(root: &Root) -> anyhow::Result<Self> {
        Self::parse(root).map_err(misconfigured)
    }

    fn parse(root: &Root) -> anyhow::Result<Self> {
        let account = root.account_id.as_deref().map(AccountId::new).transpose();
        let account = account.context("`MUSTER_ACCOUNT_ID` (or `--account-id`)")?;
        let key = match (&root.root_access_key_id, &root.root_access_key_secret) {
            (Some(id), Some(secret)) => {
                let id = AccessKeyId::new(id)
                    .context("`MUSTER_ROOT_ACCESS_KEY_ID` (or `--root-access-key-id`)")?;
                check_secret(secret)
                    .context("`MUSTER_ROOT_ACCESS_KEY_SECRET` (or `--root-access-key-secret`)")?;
                Some((id, secret.clone()))
            }
            (None, None) => None,
            _ => anyhow::bail!("`MUSTER_ROOT_ACCESS_KEY_ID` and `MUSTER_ROOT_ACCESS_KEY_SECRET` go together"),
        };
        Ok(Self { account, key })
    }
}

/// What a file or a shell adds to a secret without being seen would make every signature fail.
fn check_secret(secret: &str) -> anyhow::Result<()> {
    anyhow::ensure!(!secret.is_empty(), "must not be empty");
    anyhow::ensure!(secret.trim() == secret, "must not begin or end with a blank or a line break");
    anyhow::ensure!(!secret.contains(char::is_control), "must not hold a control character");
    Ok(())
}

/// Makes the account, unless there is one. What was made, if anything.
pub(crate) async fn make_account(muster: &Muster, given: &Given) -> anyhow::Result<Option<NewAccount>> {
    if !muster.accounts().directory().await?.accounts.is_empty() {
        return Ok(None);
    }
    Ok(muster.accounts().create_first(given.account.clone(), given.key.clone()).await?)
}

/// In what the store differs from what is given, which only a first start takes: sentences that name keys and no
/// secret.
pub(crate) async fn differences(muster: &Muster, given: &Given) -> anyhow::Result<Vec<String>> {
    let directory = muster.accounts().directory().await?;
    let mut differences = Vec::new();
    if let Some(account) = &given.account
        && let Some(held) = directory.accounts.first()
        && directory.accounts.iter().all(|held| held.id != *account)
    {
        differences.push(format!("MUSTER_ACCOUNT_ID is {account}, but the store's account is {}", held.id));
    }
    if let Some((id, secret)) = &given.key {
        let held = directory.keys.iter().find(|key| key.id == *id);
        if let Some(difference) = key_difference(muster, held, secret) {
            differences.push(format!("the root access key {id} of MUSTER_ROOT_ACCESS_KEY_ID {difference}"));
        }
    }
    Ok(differences)
}

fn key_difference(muster: &Muster, held: Option<&AccessKey>, secret: &str) -> Option<&'static str> {
    let Some(held) = held else {
        return Some(
            "is not in the store (`muster key list` shows those that are, `muster key add --root` makes one)",
        );
    };
    if held.owner != KeyOwner::Root {
        return Some("is the key of a user in the store");
    }
    if muster.accounts().secret(held).is_ok_and(|stored| stored != secret) {
        return Some("has another secret in the store than MUSTER_ROOT_ACCESS_KEY_SECRET");
    }
    (!held.active).then_some("is switched off in the store (`muster key enable`)")
}

/// Where whoever started the server finds the secret of a new root key.
enum Secret {
    /// They gave it.
    Given,
    /// On the terminal, this once.
    Shown(String),
    /// In this file.
    Written(PathBuf),
}

/// How a new account is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Telling<'a> {
    /// Where the server is reached.
    pub(crate) endpoint: &'a str,
    /// The data directory.
    pub(crate) directory: &'a Path,
    /// Whether a person reads it on a terminal.
    pub(crate) terminal: bool,
    /// One JSON object on a line instead of text.
    pub(crate) json: bool,
}

/// Tells whoever started the server of a new account, on standard output. A secret that the operator gave is not
/// repeated.
pub(crate) fn tell(made: &NewAccount, given: &Given, how: Telling<'_>) -> anyhow::Result<()> {
    let secret = match &given.key {
        Some(_) => Secret::Given,
        None if how.terminal => Secret::Shown(made.key.secret.clone()),
        None => Secret::Written(write_key(made, how.directory)?),
    };
    let text = if how.json { object(made, &secret, how) } else { banner(made, &secret, how.endpoint) };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Writes a new key where its owner alone may read it; the file's absolute path.
fn write_key(made: &NewAccount, directory: &Path) -> anyhow::Result<PathBuf> {
    let file = directory.canonicalize().unwrap_or_else(|_| directory.to_owned()).join(ROOT_KEY_FILE);
    let key = json!({
        "accountId": made.account.id,
        "accessKeyId": made.key.id,
        "accessKeySecret": made.key.secret,
    });
    data::write_private(&file, format!("{key:#}\n").as_bytes())
        .with_context(|| format!("the root key cannot be written to {}", file.display()))?;
    Ok(file)
}

fn object(made: &NewAccount, secret: &Secret, how: Telling<'_>) -> String {
    let mut object = json!({
        "message": "Muster made an account",
        "accountId": made.account.id,
        "accessKeyId": made.key.id,
        "endpoint": how.endpoint,
        "console": format!("{}/console/", how.endpoint),
    });
    match secret {
        Secret::Given => {}
        Secret::Shown(secret) => object["accessKeySecret"] = json!(secret),
        Secret::Written(file) => object["accessKeyFile"] = json!(file),
    }
    format!("{object}\n")
}

fn banner(made: &NewAccount, secret: &Secret, endpoint: &str) -> String {
    let (first, shown, expression) = match secret {
        Secret::Given => (
            "Muster made an account with the root key that was given.".to_owned(),
            "(as in MUSTER_ROOT_ACCESS_KEY_SECRET)".to_owned(),
            "os.environ['MUSTER_ROOT_ACCESS_KEY_SECRET']".to_owned(),
        ),
        Secret::Shown(secret) => (
            "Muster made an account. Its secret is shown this once.".to_owned(),
            secret.clone(),
            format!("'{secret}'"),
        ),
        Secret::Written(file) => {
            // A JSON string is a Python string as well.
            let path = json!(file).to_string();
            (
                "Muster made an account. Its secret is in a file that only you may read: keep it elsewhere, and \
                 delete the file."
                    .to_owned(),
                format!("(in {})", file.display()),
                format!("json.load(open({path}))['accessKeySecret']"),
            )
        }
    };
    let (scheme, authority) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    format!(
        "\
{first}

account            {account}
AccessKey ID       {id}
AccessKey secret   {shown}
endpoint           {endpoint}
console            {endpoint}/console/ (sign in with this AccessKey)

Try it in another terminal: paste these lines.

[ -d demo ] || python3 -m venv demo
demo/bin/pip install --quiet alibabacloud_live20161101
demo/bin/python - <<'END'
import json, os
from alibabacloud_live20161101.client import Client
from alibabacloud_live20161101.models import CreateLiveMessageAppRequest
from alibabacloud_tea_openapi.models import Config
secret = {expression}
client = Client(Config(access_key_id='{id}', access_key_secret=secret,
                       endpoint='{authority}', protocol='{scheme}'))
print(client.create_live_message_app(CreateLiveMessageAppRequest(app_name='first')).body)
END

",
        account = made.account.id,
        id = made.key.id,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::exit_code;

    fn root(id: Option<&str>, secret: Option<&str>, account: Option<&str>) -> Root {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Root {
            root_access_key_id: owned(id),
            root_access_key_secret: owned(secret),
            account_id: owned(account),
        }
    }

    #[test]
    fn what_cannot_be_taken_is_refused_by_name_and_no_secret_is_repeated() {
        for (given, name) in [
            (root(Some("LTAI"), None, None), "MUSTER_ROOT_ACCESS_KEY_SECRET"),
            (root(None, Some("s3cret"), None), "MUSTER_ROOT_ACCESS_KEY_ID"),
            (root(Some("a b"), Some("s3cret"), None), "MUSTER_ROOT_ACCESS_KEY_ID"),
            (root(Some("LTAI"), Some("s3cret\n"), None), "MUSTER_ROOT_ACCESS_KEY_SECRET"),
            (root(Some("LTAI"), Some(" s3cret"), None), "MUSTER_ROOT_ACCESS_KEY_SECRET"),
            (root(Some("LTAI"), Some("s3cret\u{a0}"), None), "MUSTER_ROOT_ACCESS_KEY_SECRET"),
            (root(Some("LTAI"), Some("s3\0cret"), None), "MUSTER_ROOT_ACCESS_KEY_SECRET"),
            (root(Some("LTAI"), Some(""), None), "MUSTER_ROOT_ACCESS_KEY_SECRET"),
            (root(None, None, Some("12345")), "MUSTER_ACCOUNT_ID"),
            (root(None, None, Some("123456789012345x")), "MUSTER_ACCOUNT_ID"),
        ] {
            let fault = Given::check(&given).unwrap_err();
            let text = format!("{fault:#}");
            assert_eq!(exit_code(&fault), 2, "{text}");
            assert!(text.contains(name) && !text.contains("s3"), "{text}");
        }
        assert!(Given::check(&root(None, None, None)).is_ok());
        assert!(Given::check(&root(Some("LTAI"), Some("a secret"), Some("1234567890123456"))).is_ok());
    }
}
