//! What the system says in groups of generation 1, with the types and fields of that generation's client SDK.

use muster_core::event::{GroupFigures, Happened, SystemMessage};
use serde::Serialize;

use super::json;

/// Somebody of generation 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SenderInfo<'a> {
    user_id: &'a str,
    user_nick: &'a str,
    user_avatar: &'a str,
    user_extension: &'a str,
}

/// What a message says beside its type.
#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Nothing {},
    #[serde(rename_all = "camelCase")]
    User {
        user_id: &'a str,
        user_nick: &'a str,
    },
    #[serde(rename_all = "camelCase")]
    Likes {
        like_count: u64,
    },
    Statistics {
        statistics: Statistics,
    },
}

/// A group's figures.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    pv: u64,
    uv: u64,
    online_count: u64,
    like_count: u64,
    is_mute_all: bool,
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
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct SystemEvent<'a> {
        event: &'static str,
        group_id: &'a str,
        message_id: &'a str,
        r#type: i64,
        data: Data<'a>,
        sender_id: &'a str,
        sender_info: SenderInfo<'a>,
    }
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
