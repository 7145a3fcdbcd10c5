//! A group as lists tell it.

use muster_core::{
    group::Group,
    id::{GroupId, UserId},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::wire::text_or_empty;

/// A group.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GroupRow {
    /// The group.
    group_id: GroupId,
    /// Who made it, empty when that was not said.
    #[serde(serialize_with = "text_or_empty")]
    #[schemars(with = "String")]
    creator_id: Option<UserId>,
    /// Its administrators.
    admin_list: Vec<UserId>,
    /// When it was made, in seconds.
    createtime: i64,
    /// Its name, empty when it has none.
    group_name: String,
    /// The text about it, empty when there is none.
    group_info: String,
    /// Whether it was deleted.
    delete: bool,
}

impl From<Group> for GroupRow {
    fn from(group: Group) -> Self {
        Self {
            group_id: group.at.group,
            creator_id: group.creator,
            admin_list: group.admins,
            createtime: group.created_at.seconds(),
            group_name: group.name.unwrap_or_default(),
            group_info: group.info.unwrap_or_default(),
            delete: group.deletion.is_some(),
        }
    }
}
