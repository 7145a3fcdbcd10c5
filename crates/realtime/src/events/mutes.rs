//! Who may not talk in a group, as the client SDK sees it.

use muster_core::{id::UserId, message::StreamRef, mute::GroupMutes, time::Millis};
use schemars::JsonSchema;
use serde::Serialize;

use super::json;

/// Who may not talk in a group.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MuteStatus<'a> {
    /// Which group.
    group_id: &'a str,
    /// Whether everybody is muted who is not spared and does not run the group.
    mute_all: bool,
    /// Who is muted one by one.
    mute_user_list: Vec<&'a str>,
    /// Who is spared while everybody is muted.
    white_user_list: Vec<&'a str>,
}

/// All that holds after a change of who may talk.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MuteChange<'a> {
    #[schemars(skip)]
    event: &'static str,
    #[serde(flatten)]
    status: MuteStatus<'a>,
}

impl<'a> MuteStatus<'a> {
    /// What holds at a time.
    pub(crate) fn of(group_id: &'a str, mutes: &'a GroupMutes, now: Millis) -> Self {
        Self {
            group_id,
            mute_all: mutes.everybody,
            mute_user_list: mutes.muted(now).map(UserId::as_str).collect(),
            white_user_list: mutes.spared(now).map(UserId::as_str).collect(),
        }
    }
}

/// The data of a publication that tells all that holds after a change.
pub(super) fn change(stream: &StreamRef, mutes: &GroupMutes) -> String {
    let group = match stream {
        StreamRef::Group(at) => at.group.as_str(),
        StreamRef::User(..) => "",
    };
    // It was told as of its own moment, when all of it held.
    let status = MuteStatus::of(group, mutes, Millis(i64::MIN));
    json(&MuteChange { event: "mutechange", status })
}
