//! The first start on a data directory: an account and its root key are made, and shown once.

use std::io::Write;

use anyhow::Context as _;
use muster_core::{
    id::{AccessKeyId, AccountId},
    service::{Muster, NewAccount},
};

use crate::cli::Root;

/// Makes the account, unless there is one. What was made, if anything.
pub(crate) async fn make_account(muster: &Muster, given: &Root) -> anyhow::Result<Option<NewAccount>> {
    if !muster.accounts().directory().await?.accounts.is_empty() {
        return Ok(None);
    }
    let id = given.account_id.as_deref().map(AccountId::new).transpose().context("`MUSTER_ACCOUNT_ID`")?;
    let key = match (&given.root_access_key_id, &given.root_access_key_secret) {
        (Some(id), Some(secret)) => {
            anyhow::ensure!(!secret.is_empty(), "`MUSTER_ROOT_ACCESS_KEY_SECRET` is empty");
            Some((AccessKeyId::new(id).context("`MUSTER_ROOT_ACCESS_KEY_ID`")?, secret.clone()))
        }
        (None, None) => None,
        _ => anyhow::bail!("`MUSTER_ROOT_ACCESS_KEY_ID` and `MUSTER_ROOT_ACCESS_KEY_SECRET` go together"),
    };
    Ok(muster.accounts().create_first(id, key).await?)
}

/// Shows a new account to whoever started this, which is not the log. A secret that the operator gave is not repeated.
pub(crate) fn show(
    made: &NewAccount,
    given: &Root,
    endpoint: &str,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let secret = match given.root_access_key_secret {
        Some(_) => "(as given)",
        None => &made.key.secret,
    };
    let authority = endpoint.split_once("://").map_or(endpoint, |(_, authority)| authority);
    let scheme = endpoint.split_once("://").map_or("http", |(scheme, _)| scheme);
    write!(
        out,
        "\
Muster made an account. Its secret is shown this once.

  account            {account}
  AccessKey ID       {id}
  AccessKey secret   {secret}
  endpoint           {endpoint}
  console            {endpoint}/console/

Try it: pip install alibabacloud_live20161101, then

  python3 - <<'END'
  from alibabacloud_live20161101.client import Client
  from alibabacloud_live20161101.models import CreateLiveMessageAppRequest
  from alibabacloud_tea_openapi.models import Config
  client = Client(Config(access_key_id='{id}', access_key_secret='{secret}',
                         endpoint='{authority}', protocol='{scheme}'))
  print(client.create_live_message_app(CreateLiveMessageAppRequest(app_name='first')).body)
  END

",
        account = made.account.id,
        id = made.key.id,
    )?;
    out.flush()
}
