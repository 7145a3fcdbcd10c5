//! Who may not talk in a group, as the client SDK sees it.

use muster_core::{id::UserId, message::StreamRef, mute::GroupMutes, time::Millis};
use serde::Serialize;

use super::json;

/// The mutes of a group (`ImGroupMuteStatus`).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MuteStatus<'a> {
    group_id: &'a str,
    mute_all: bool,
    mute_user_list: Vec<&'a str>,
    white_user_list: Vec<&'a str>,
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
    #[derive(Serialize)]
    struct MuteChange<'a> {
        event: &'static str,
        #[serde(flatten)]
        status: MuteStatus<'a>,
    }
    let group = match stream {
        StreamRef::Group(at) => at.group.as_str(),
        StreamRef::User(..) => "",
    };
    // It was told as of its own moment, when all of it held.
    let status = MuteStatus::of(group, mutes, Millis(i64::MIN));
    json(&MuteChange { event: "mutechange", status })
}
