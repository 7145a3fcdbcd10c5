//! The form of what the system says in generation 1.

use serde::{Deserialize, Serialize};

use super::SenderForm;
use crate::{
    event::{GroupFigures, Happened, SystemMessage},
    id::{GroupId, MessageId, UserId},
    message::Sender,
};

#[derive(Serialize, Deserialize)]
pub(super) struct SystemForm {
    id: MessageId,
    group: GroupId,
    sender: SenderForm,
    what: WhatForm,
    /// The user whom it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    /// The group's figures, where they are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    figures: Option<FiguresForm>,
    /// The likes that a group has, where it got some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    likes: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct FiguresForm {
    views: u64,
    online: u64,
    muted: bool,
    #[serde(default, skip_serializing_if = "is_none")]
    likes: u64,
    #[serde(default, skip_serializing_if = "is_none")]
    visitors: u64,
}

/// Whether a figure says what its absence says.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_none(figure: &u64) -> bool {
    *figure == 0
}

#[derive(Serialize, Deserialize)]
enum WhatForm {
    GroupMuted,
    GroupUnmuted,
    UserMuted,
    UserUnmuted,
    Joined,
    Left,
    Liked,
    /// Something of a later version.
    #[serde(other)]
    Unknown,
}

impl From<&SystemMessage> for SystemForm {
    fn from(message: &SystemMessage) -> Self {
        let likes = match &message.what {
            Happened::Liked(likes) => Some(*likes),
            _ => None,
        };
        let (what, user, figures) = match &message.what {
            Happened::Liked(_) => (WhatForm::Liked, None, None),
            Happened::GroupMuted => (WhatForm::GroupMuted, None, None),
            Happened::GroupUnmuted => (WhatForm::GroupUnmuted, None, None),
            Happened::UserMuted(user) => (WhatForm::UserMuted, Some(user.clone()), None),
            Happened::UserUnmuted(user) => (WhatForm::UserUnmuted, Some(user.clone()), None),
            Happened::Joined(figures) => (WhatForm::Joined, None, figures.map(FiguresForm::from)),
            Happened::Left(figures) => (WhatForm::Left, None, figures.map(FiguresForm::from)),
        };
        let sender = SenderForm { user: message.sender.user.clone(), info: message.sender.info.clone() };
        Self { id: message.id.clone(), group: message.group.clone(), sender, what, user, figures, likes }
    }
}

impl From<SystemForm> for Option<SystemMessage> {
    /// `None` for one of a later version.
    fn from(form: SystemForm) -> Self {
        let SystemForm { id, group, sender, what, user, figures, likes } = form;
        let figures = figures.map(GroupFigures::from);
        let what = match (what, user) {
            (WhatForm::GroupMuted, _) => Happened::GroupMuted,
            (WhatForm::GroupUnmuted, _) => Happened::GroupUnmuted,
            (WhatForm::UserMuted, Some(user)) => Happened::UserMuted(user),
            (WhatForm::UserUnmuted, Some(user)) => Happened::UserUnmuted(user),
            (WhatForm::Liked, _) => Happened::Liked(likes.unwrap_or_default()),
            (WhatForm::Joined, _) => Happened::Joined(figures),
            (WhatForm::Left, _) => Happened::Left(figures),
            (WhatForm::UserMuted | WhatForm::UserUnmuted, None) | (WhatForm::Unknown, _) => return None,
        };
        let sender = Sender { user: sender.user, info: sender.info };
        Some(SystemMessage { id, group, sender, what })
    }
}

impl From<GroupFigures> for FiguresForm {
    fn from(GroupFigures { views, visitors, online, likes, muted }: GroupFigures) -> Self {
        Self { views, online, muted, likes, visitors }
    }
}

impl From<FiguresForm> for GroupFigures {
    fn from(FiguresForm { views, online, muted, likes, visitors }: FiguresForm) -> Self {
        Self { views, visitors, online, likes, muted }
    }
}
