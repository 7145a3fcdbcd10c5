//! Remote procedure calls about groups themselves: making, changing and ending them, and who came last.

use bytes::Bytes;
use muster_core::{
    group::{GroupChange, MAX_ADMINS, MAX_INFO_BYTES, MAX_NAME_BYTES, Order},
    id::UserId,
    roster::WalkQuery,
    service::NewGroup,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Failure, Session,
    calls::{MAX_USERS, OfGroup, group_id, nothing},
    parameters::OrId,
};
use crate::{
    events::{self, ImUser},
    protocol::{ErrorCode, ErrorReply},
};

/// What `createGroup` is given.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewImGroup {
    /// Its id; drawn when it is empty.
    #[serde(default)]
    group_id: Option<String>,
    /// What it is called, at most 128 bytes.
    #[serde(default)]
    group_name: Option<String>,
    /// What the application says of it, at most 32 KiB.
    #[serde(default)]
    group_meta: Option<String>,
}

/// What `createGroup` answers.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MadeGroup<'a> {
    /// The group's id.
    group_id: &'a str,
    /// Whether it was there already: then nothing was changed.
    already_exist: bool,
}

/// What `modifyGroup` is given. What is empty is not changed, unless it is forced to be.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ModifiedGroup {
    /// Which group.
    group_id: String,
    /// What the application says of it, at most 32 KiB.
    #[serde(default)]
    group_meta: Option<String>,
    /// Whether an empty `groupMeta` clears what was said.
    #[serde(default)]
    force_update_group_meta: Option<bool>,
    /// Who runs it beside its creator.
    #[serde(default)]
    #[schemars(length(max = MAX_ADMINS))]
    admins: Option<Vec<String>>,
    /// Whether an empty `admins` takes the right from all of them.
    #[serde(default)]
    force_update_admins: Option<bool>,
}

impl ModifiedGroup {
    /// What is to be changed.
    fn change(self) -> Result<GroupChange, ErrorReply> {
        let admins = self.admins.unwrap_or_default();
        if admins.len() > MAX_ADMINS {
            return Err(ErrorReply::invalid(format!("admins must hold at most {MAX_ADMINS} users")));
        }
        let admins = admins.iter().map(|user| UserId::new(user)).collect::<Result<Vec<_>, _>>();
        let admins = admins.map_err(|error| ErrorReply::invalid(format!("a user of admins {error}")))?;
        let meta = within("groupMeta", self.group_meta.unwrap_or_default(), MAX_INFO_BYTES)?;
        let forced = |force: Option<bool>| force == Some(true);
        Ok(GroupChange {
            admins: (!admins.is_empty() || forced(self.force_update_admins)).then_some(admins),
            info: (!meta.is_empty() || forced(self.force_update_group_meta)).then_some(meta),
            extension: None,
        })
    }
}

/// What `listRecentGroupUser` answers.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecentUsers<'a> {
    /// Which group.
    group_id: &'a str,
    /// How many are in it.
    total: u64,
    /// Who came last, the latest first: at most 50.
    user_list: Vec<ImUser<'a>>,
}

/// A text that has at most so many bytes.
fn within(field: &str, text: String, bytes: usize) -> Result<String, ErrorReply> {
    if text.len() > bytes {
        return Err(ErrorReply::invalid(format!("{field} must have at most {bytes} bytes")));
    }
    Ok(text)
}

impl Session {
    pub(super) async fn create_group(&self, new: NewImGroup) -> Result<Bytes, Failure> {
        let optional = |field, text: Option<String>, bytes| {
            text.filter(|text| !text.is_empty()).map(|text| within(field, text, bytes)).transpose()
        };
        let new = NewGroup {
            id: new.group_id.filter(|id| !id.is_empty()).map(|id| group_id(&id)).transpose()?,
            name: optional("groupName", new.group_name, MAX_NAME_BYTES)?,
            info: optional("groupMeta", new.group_meta, MAX_INFO_BYTES)?,
            ..NewGroup::default()
        };
        let made = self.hub.muster.groups().create_for(&self.identity()?.login, new).await?;
        if made.group.deletion.is_some() {
            return Err(ErrorReply::from(ErrorCode::GroupDeleted).into());
        }
        let group_id = made.group.at.group.as_str();
        Ok(events::json(&MadeGroup { group_id, already_exist: made.existed }).into())
    }

    pub(super) async fn close_group(&self, OrId(of): OfGroup) -> Result<Bytes, Failure> {
        let visit = self.visit(&group_id(&of.group_id)?).await?;
        self.hub.muster.groups().close(&visit).await?;
        Ok(nothing())
    }

    pub(super) async fn modify_group(&self, wanted: ModifiedGroup) -> Result<Bytes, Failure> {
        let visit = self.visit(&group_id(&wanted.group_id)?).await?;
        self.hub.muster.groups().modify_for(&visit, wanted.change()?).await?;
        Ok(nothing())
    }

    /// Who came last, the latest first.
    pub(super) async fn list_recent_group_user(&self, OrId(of): OfGroup) -> Result<Bytes, Failure> {
        let muster = &self.hub.muster;
        let group = muster.groups().open(self.identity()?.login.app(), &group_id(&of.group_id)?).await?;
        let query = WalkQuery { order: Order::Descending, after: None, limit: MAX_USERS };
        let members = muster.rosters().walk(&group, query).await?.entries;
        let total = muster.rosters().state(&group).await?.count;
        let user_list = members.iter().map(ImUser::from).collect();
        Ok(events::json(&RecentUsers { group_id: group.at.group.as_str(), total, user_list }).into())
    }
}
