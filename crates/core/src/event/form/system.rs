//! The form of what the system says in generation 1.

use serde::{Deserialize, Serialize};

use super::SenderForm;
use crate::{
    event::{Happened, SystemMessage},
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
}

#[derive(Serialize, Deserialize)]
enum WhatForm {
    GroupMuted,
    GroupUnmuted,
    UserMuted,
    UserUnmuted,
    /// Something of a later version.
    #[serde(other)]
    Unknown,
}

impl From<&SystemMessage> for SystemForm {
    fn from(message: &SystemMessage) -> Self {
        let (what, user) = match &message.what {
            Happened::GroupMuted => (WhatForm::GroupMuted, None),
            Happened::GroupUnmuted => (WhatForm::GroupUnmuted, None),
            Happened::UserMuted(user) => (WhatForm::UserMuted, Some(user.clone())),
            Happened::UserUnmuted(user) => (WhatForm::UserUnmuted, Some(user.clone())),
        };
        let sender = SenderForm { user: message.sender.user.clone(), info: message.sender.info.clone() };
        Self { id: message.id.clone(), group: message.group.clone(), sender, what, user }
    }
}

impl From<SystemForm> for Option<SystemMessage> {
    /// `None` for one of a later version.
    fn from(form: SystemForm) -> Self {
        let SystemForm { id, group, sender, what, user } = form;
        let what = match (what, user) {
            (WhatForm::GroupMuted, _) => Happened::GroupMuted,
            (WhatForm::GroupUnmuted, _) => Happened::GroupUnmuted,
            (WhatForm::UserMuted, Some(user)) => Happened::UserMuted(user),
            (WhatForm::UserUnmuted, Some(user)) => Happened::UserUnmuted(user),
            (WhatForm::UserMuted | WhatForm::UserUnmuted, None) | (WhatForm::Unknown, _) => return None,
        };
        let sender = Sender { user: sender.user, info: sender.info };
        Some(SystemMessage { id, group, sender, what })
    }
}
