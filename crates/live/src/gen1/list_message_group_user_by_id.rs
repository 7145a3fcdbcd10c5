//! `ListMessageGroupUserById`.

use std::sync::Arc;

use muster_core::{mute::Silence, roster::Member};
use muster_gateway::parameter::List;

use super::{Envelope, open_group, spec};
use crate::{prelude::*, wire::text_or_empty};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// The users, 1 to 200.
    user_id_list: List<UserId, 1, 200>,
}

/// What was found.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Found {
    /// Always false: all are told at once.
    has_more: bool,
    /// How many of the users are in the group.
    total: i32,
    /// Those who are, in the order asked for.
    user_list: Vec<UserRow>,
}

/// A member.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct UserRow {
    /// Whether the user may not talk.
    is_mute: bool,
    /// What mutes the user: `group`, `user`, or both.
    mute_by: Vec<&'static str>,
    /// Always empty: logins of this generation tell none.
    user_avatar: &'static str,
    /// What the user has told of itself, empty when nothing.
    #[serde(serialize_with = "text_or_empty")]
    #[schemars(with = "String")]
    user_extension: Option<Arc<str>>,
    /// The user.
    user_id: UserId,
    /// Always empty: logins of this generation tell none.
    user_nick: &'static str,
}

impl UserRow {
    fn new(member: Member, silence: Silence) -> Self {
        let by = [(silence.with_group, "group"), (silence.alone, "user")];
        let mute_by: Vec<_> = by.into_iter().filter_map(|(holds, what)| holds.then_some(what)).collect();
        Self {
            is_mute: !mute_by.is_empty(),
            mute_by,
            user_avatar: "",
            user_extension: member.info,
            user_id: member.user,
            user_nick: "",
        }
    }
}

pub(crate) struct ListMessageGroupUserById;

impl Operation for ListMessageGroupUserById {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Found>;
    const SPEC: Spec = spec(
        "ListMessageGroupUserById",
        "Tells of some users of a group whether they may talk.",
        "查询群组内指定用户是否可以发言。",
        Level::Get,
    )
    .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("UserIdList", "{#UserId}")])
    .notes(&[
        "Users who are not in the group are left out.",
        "The group's creator is muted by nothing, and told so.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Found>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let (muster, users) = (&call.state.muster, &request.user_id_list);
        let members = muster.rosters().find(&group, users).await?;
        let silences = muster.mutes().silences(&group, users).await?;
        let row = |(member, silence): (Option<Member>, _)| Some(UserRow::new(member?, silence));
        let user_list: Vec<_> = members.into_iter().zip(silences).filter_map(row).collect();
        Envelope::of(Found { has_more: false, total: wire::int(user_list.len() as u64), user_list })
    }
}
