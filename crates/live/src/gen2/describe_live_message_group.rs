//! `DescribeLiveMessageGroup`.

use std::collections::BTreeMap;

use muster_core::group::{Group, GroupTally};

use super::{OfGroup, known_group, spec};
use crate::{prelude::*, wire::text_or_empty};

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
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
    /// Joins since the group was made, only while it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_times: Option<i64>,
    /// Users in it now, only while it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    online_user_counts: Option<i64>,
    /// The count of each message type, only while the group exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    msg_amount: Option<BTreeMap<String, i64>>,
    /// When it was deleted, in seconds, only if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    deletatime: Option<i64>,
    /// Who deleted it, only if it was deleted and that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    deletor: Option<UserId>,
    /// Whether it has become a super group and has not emptied since.
    super_large_group: bool,
}

pub(crate) struct DescribeLiveMessageGroup;

impl Operation for DescribeLiveMessageGroup {
    type Product = Live;
    type Request = OfGroup;
    type Response = Response;
    const SPEC: Spec = spec(
        "DescribeLiveMessageGroup",
        "Tells everything about a group.",
        "查询群组的详细信息。",
        Level::Get,
    )
    .example(OfGroup::EXAMPLE)
    .notes(&["A deleted group is told for 30 days, with Delete true, Deletatime and Deletor."]);

    async fn call(call: &Call<'_>, request: OfGroup) -> Result<Response> {
        let group = known_group(call, request.data_center, &request.app_id, &request.group_id).await?;
        let tally = match group.deletion {
            Some(_) => None,
            None => Some(call.state.muster.groups().tally(&group).await?),
        };
        Ok(response(&group, tally))
    }
}

fn response(group: &Group, tally: Option<GroupTally>) -> Response {
    let deletion = group.deletion.as_ref();
    Response {
        group_id: group.at.group.clone(),
        creator_id: group.creator.clone(),
        admin_list: group.admins.clone(),
        createtime: group.created_at.seconds(),
        group_name: group.name.clone().unwrap_or_default(),
        group_info: group.info.clone().unwrap_or_default(),
        delete: deletion.is_some(),
        total_times: tally.as_ref().map(|tally| wire::long(tally.views)),
        online_user_counts: tally.as_ref().map(|tally| wire::long(tally.online)),
        super_large_group: tally.as_ref().is_some_and(|tally| tally.super_group),
        msg_amount: tally.map(|tally| {
            tally.messages.into_iter().map(|(kind, count)| (kind.to_string(), wire::long(count))).collect()
        }),
        deletatime: deletion.map(|deletion| deletion.at.seconds()),
        deletor: deletion.and_then(|deletion| deletion.by.clone()),
    }
}
