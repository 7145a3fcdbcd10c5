//! Calls about who may talk in a group, under the names and with the fields of the client SDK.

use bytes::Bytes;
use muster_core::{app::Generation, id::UserId, mute::MuteChange, service::Audience};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Failure, Session,
    calls::{OfGroup, group_id, nothing},
    parameters::{OrId, parameters},
};
use crate::{
    events::{self, MuteStatus},
    protocol::ErrorReply,
};

/// Users in one call, at most: the documented bound of generation 2, and that of generation 1.
const MAX_USERS: [usize; 2] = [30, 200];

/// What `muteUser` and `cancelMuteUser` are given: in generation 2 the first two, in generation 1 the others.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfUsers {
    /// Which group.
    group_id: String,
    /// Who: 1 to 30. In generation 1 it is called `muteUserList` or `cancelMuteUserList`, and holds up to 200.
    #[serde(alias = "muteUserList", alias = "cancelMuteUserList")]
    user_list: Vec<String>,
    /// Generation 1: for how many seconds; without it or with 0 for good.
    #[serde(default)]
    mute_time: Option<u32>,
    /// Generation 1: who is told; 0 nobody, 1 whom it concerns, 2 the group.
    #[serde(default)]
    #[schemars(range(min = 0, max = 2))]
    broad_cast_type: Option<u8>,
}

/// What `muteAll` and `cancelMuteAll` are given; the bare id of a group is as good as an object of it alone.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it is read in two parts: what every call about a group takes, and what generation 1 adds"
)]
pub(crate) struct OfGroupTold {
    /// Which group.
    group_id: String,
    /// Generation 1: who is told; 0 nobody, 1 whom it concerns, 2 the group.
    #[schemars(range(min = 0, max = 2))]
    broad_cast_type: Option<u8>,
}

/// What `muteAll` and `cancelMuteAll` are given in generation 1, beside the group.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(default)]
    broad_cast_type: Option<u8>,
}

impl Session {
    /// Carries out one of these calls.
    pub(super) async fn call_about_mutes(&self, method: &str, data: &[u8]) -> Result<Bytes, Failure> {
        match method {
            "listMuteUsers" => return self.list_mutes(parameters(data)?).await,
            "muteAll" => self.mute_everybody(data, MuteChange::MuteEverybody { sparing: None }).await?,
            "cancelMuteAll" => self.mute_everybody(data, MuteChange::UnmuteEverybody).await?,
            "muteUser" => {
                let of: OfUsers = parameters(data)?;
                let users = self.users(&of.user_list)?;
                let until = self
                    .is_first_generation()?
                    .then(|| self.hub.muster.mutes().ends(of.mute_time.unwrap_or(0)));
                self.change_mutes(&of.group_id, MuteChange::Mute { users, until }, of.broad_cast_type)
                    .await?;
            }
            _ => {
                let of: OfUsers = parameters(data)?;
                let users = self.users(&of.user_list)?;
                self.change_mutes(&of.group_id, MuteChange::Unmute { users }, of.broad_cast_type).await?;
            }
        }
        Ok(nothing())
    }

    async fn mute_everybody(&self, data: &[u8], change: MuteChange) -> Result<(), Failure> {
        let OrId(of): OfGroup = parameters(data)?;
        let bare = data.trim_ascii_start().first() == Some(&b'"');
        let told: Told = if bare { Told::default() } else { parameters(data)? };
        self.change_mutes(&of.group_id, change, told.broad_cast_type).await
    }

    async fn change_mutes(&self, group: &str, change: MuteChange, told: Option<u8>) -> Result<(), Failure> {
        let audience = Self::audience(told)?;
        let visit = self.visit(&group_id(group)?).await?;
        Ok(self.hub.muster.mutes().change_by(&visit, change, audience).await?)
    }

    async fn list_mutes(&self, OrId(of): OfGroup) -> Result<Bytes, Failure> {
        let (muster, group) = (&self.hub.muster, group_id(&of.group_id)?);
        let visit = self.visit(&group).await?;
        let mutes = muster.mutes().list_for(&visit).await?;
        Ok(events::json(&MuteStatus::of(group.as_str(), &mutes, muster.now())).into())
    }

    /// Who is told of a change.
    pub(super) fn audience(told: Option<u8>) -> Result<Audience, ErrorReply> {
        match told {
            None | Some(0) => Ok(Audience::Nobody),
            Some(1) => Ok(Audience::Concerned),
            Some(2) => Ok(Audience::Group),
            Some(_) => Err(ErrorReply::invalid("broadCastType must be 0, 1 or 2")),
        }
    }

    pub(super) fn is_first_generation(&self) -> Result<bool, Failure> {
        Ok(self.identity()?.login.app().generation == Generation::One)
    }

    fn users(&self, names: &[String]) -> Result<Vec<UserId>, Failure> {
        let most = MAX_USERS[usize::from(self.is_first_generation()?)];
        if names.is_empty() || names.len() > most {
            return Err(ErrorReply::invalid(format!("userList must hold 1 to {most} users")).into());
        }
        let user = |name: &String| {
            UserId::new(name).map_err(|error| ErrorReply::invalid(format!("userList: an id {error}")))
        };
        Ok(names.iter().map(user).collect::<Result<_, _>>()?)
    }
}
