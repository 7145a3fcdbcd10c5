//! What the system says in groups of generation 1, with the types and fields of that generation's client SDK.

use muster_core::event::{GroupFigures, Happened, SystemMessage};
use schemars::JsonSchema;
use serde::Serialize;

use super::json;

/// Somebody of generation 1.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SenderInfo<'a> {
    /// Who.
    user_id: &'a str,
    /// Empty: the server is told none.
    user_nick: &'a str,
    /// Empty, likewise.
    user_avatar: &'a str,
    /// What the user has said of itself.
    user_extension: &'a str,
}

/// What a message says beside its type.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Data<'a> {
    /// 1004, 1005; 1002 and 1003 when no figures were asked for.
    Nothing {},
    /// 1006, 1007.
    #[serde(rename_all = "camelCase")]
    User {
        /// Who was muted, or may talk again.
        user_id: &'a str,
        /// Empty.
        user_nick: &'a str,
    },
    /// 1001.
    #[serde(rename_all = "camelCase")]
    Likes {
        /// All likes of the group so far.
        like_count: u64,
    },
    /// 1002, 1003.
    Statistics { statistics: Statistics },
}

/// A group's figures.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    /// How often it was joined so far.
    pv: u64,
    /// By how many different users.
    uv: u64,
    /// How many are in it.
    online_count: u64,
    /// All its likes so far.
    like_count: u64,
    /// Whether everybody is muted.
    is_mute_all: bool,
}

/// What the system says in a group of generation 1.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SystemEvent<'a> {
    #[schemars(skip)]
    event: &'static str,
    /// Of which group.
    group_id: &'a str,
    /// Its id.
    message_id: &'a str,
    /// 1001 likes, 1002 somebody joined, 1003 left; 1004 the group was muted, 1005 no more; 1006 a user was muted, 1007 no more.
    r#type: i64,
    data: Data<'a>,
    /// Who did it.
    sender_id: &'a str,
    sender_info: SenderInfo<'a>,
}

impl<'a> Data<'a> {
    fn user(user_id: &'a str) -> Self {
        Self::User { user_id, user_nick: "" }
    }

    fn figures(figures: Option<GroupFigures>) -> Self {
        let Some(GroupFigures { views, visitors, online, likes, muted }) = figures else {
            return Self::Nothing {};
        };
        Self::Statistics {
            statistics: Statistics {
                pv: views,
                uv: visitors,
                online_count: online,
                like_count: likes,
                is_mute_all: muted,
            },
        }
    }
}

/// The data of a publication that tells what the system says.
pub(super) fn message(message: &SystemMessage) -> String {
    let (kind, data) = match &message.what {
        Happened::Liked(likes) => (1001, Data::Likes { like_count: *likes }),
        Happened::Joined(figures) => (1002, Data::figures(*figures)),
        Happened::Left(figures) => (1003, Data::figures(*figures)),
        Happened::GroupMuted => (1004, Data::Nothing {}),
        Happened::GroupUnmuted => (1005, Data::Nothing {}),
        Happened::UserMuted(user) => (1006, Data::user(user.as_str())),
        Happened::UserUnmuted(user) => (1007, Data::user(user.as_str())),
    };
    let sender_id = message.sender.user.as_str();
    json(&SystemEvent {
        event: "systemmessage",
        group_id: message.group.as_str(),
        message_id: message.id.as_str(),
        r#type: kind,
        data,
        sender_id,
        sender_info: SenderInfo {
            user_id: sender_id,
            user_nick: "",
            user_avatar: "",
            user_extension: message.sender.info.as_deref().unwrap_or_default(),
        },
    })
}
