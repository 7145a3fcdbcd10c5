//! What a business is told of its customer groups, where the operator has it told. No documentation knows of it.

use serde::{Deserialize, Serialize};

use crate::{
    chat::{ChatGroup, ChatGroupStatus, PhoneNumber},
    id::{AppId, GroupId},
    time::Millis,
};

/// Something has become of a customer group. Its invite link is not told: whoever has it gets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatGroupNews {
    /// The channel.
    pub channel: AppId,
    /// The group.
    pub group: GroupId,
    /// The business number that runs it.
    pub number: PhoneNumber,
    /// Its title from then on.
    pub subject: String,
    /// Where it stands from then on; `None` when it is gone.
    pub status: Option<ChatGroupStatus>,
    /// What has become of it.
    pub deed: ChatGroupDeed,
    /// When.
    pub at: Millis,
}

/// What has become of a customer group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatGroupDeed {
    /// Its channel has made it.
    Created,
    /// Its channel could not make it.
    CreationFailed,
    /// Its channel has changed its face, or a part of it.
    Changed,
    /// Its channel could not change it.
    ChangeFailed,
    /// Its channel has deleted it, whoever was in it.
    Deleted,
    /// Its channel could not delete it.
    DeletionFailed,
    /// Its channel has stopped it.
    Suspended,
    /// Its channel has let it go on.
    SuspensionCleared,
    /// The business has made a new invite link, which ends the one before.
    InviteReset,
    /// The business has ended the invite link.
    InviteRevoked,
    /// Somebody has come in.
    Joined {
        /// Who.
        number: PhoneNumber,
        /// What they call themselves.
        name: Option<String>,
    },
    /// Somebody has gone.
    Left(PhoneNumber),
    /// The business has removed somebody.
    Removed(PhoneNumber),
}

impl ChatGroupNews {
    /// What has become of a group that stands so from then on.
    pub(crate) fn of(group: &ChatGroup, deed: ChatGroupDeed, at: Millis) -> Self {
        Self {
            channel: group.at.app.clone(),
            group: group.at.group.clone(),
            number: group.number.clone(),
            subject: group.subject.clone(),
            status: (deed != ChatGroupDeed::Deleted).then_some(group.status),
            deed,
            at,
        }
    }

    /// The name of the lane in which it is told: that of what is said in the group.
    pub(super) fn lane(&self) -> String {
        format!("g:{}", self.group)
    }
}

/// How such news stands in rows.
#[derive(Serialize, Deserialize)]
pub(super) struct ChatGroupForm {
    channel: AppId,
    group: GroupId,
    number: PhoneNumber,
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    status: Option<StatusForm>,
    deed: DeedForm,
    at: i64,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatusForm {
    Active,
    Inactive,
    Suspended,
    Creating,
    Deleting,
    Updating,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DeedForm {
    Created,
    CreationFailed,
    Changed,
    ChangeFailed,
    Deleted,
    DeletionFailed,
    Suspended,
    SuspensionCleared,
    InviteReset,
    InviteRevoked,
    Joined {
        number: PhoneNumber,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        name: Option<String>,
    },
    Left {
        number: PhoneNumber,
    },
    Removed {
        number: PhoneNumber,
    },
}

impl From<ChatGroupStatus> for StatusForm {
    fn from(status: ChatGroupStatus) -> Self {
        match status {
            ChatGroupStatus::Active => Self::Active,
            ChatGroupStatus::Inactive => Self::Inactive,
            ChatGroupStatus::Suspended => Self::Suspended,
            ChatGroupStatus::Creating => Self::Creating,
            ChatGroupStatus::Deleting => Self::Deleting,
            ChatGroupStatus::Updating => Self::Updating,
        }
    }
}

impl From<StatusForm> for ChatGroupStatus {
    fn from(status: StatusForm) -> Self {
        match status {
            StatusForm::Active => Self::Active,
            StatusForm::Inactive => Self::Inactive,
            StatusForm::Suspended => Self::Suspended,
            StatusForm::Creating => Self::Creating,
            StatusForm::Deleting => Self::Deleting,
            StatusForm::Updating => Self::Updating,
        }
    }
}

impl From<ChatGroupDeed> for DeedForm {
    fn from(deed: ChatGroupDeed) -> Self {
        match deed {
            ChatGroupDeed::Created => Self::Created,
            ChatGroupDeed::CreationFailed => Self::CreationFailed,
            ChatGroupDeed::Changed => Self::Changed,
            ChatGroupDeed::ChangeFailed => Self::ChangeFailed,
            ChatGroupDeed::Deleted => Self::Deleted,
            ChatGroupDeed::DeletionFailed => Self::DeletionFailed,
            ChatGroupDeed::Suspended => Self::Suspended,
            ChatGroupDeed::SuspensionCleared => Self::SuspensionCleared,
            ChatGroupDeed::InviteReset => Self::InviteReset,
            ChatGroupDeed::InviteRevoked => Self::InviteRevoked,
            ChatGroupDeed::Joined { number, name } => Self::Joined { number, name },
            ChatGroupDeed::Left(number) => Self::Left { number },
            ChatGroupDeed::Removed(number) => Self::Removed { number },
        }
    }
}

impl From<DeedForm> for ChatGroupDeed {
    fn from(deed: DeedForm) -> Self {
        match deed {
            DeedForm::Created => Self::Created,
            DeedForm::CreationFailed => Self::CreationFailed,
            DeedForm::Changed => Self::Changed,
            DeedForm::ChangeFailed => Self::ChangeFailed,
            DeedForm::Deleted => Self::Deleted,
            DeedForm::DeletionFailed => Self::DeletionFailed,
            DeedForm::Suspended => Self::Suspended,
            DeedForm::SuspensionCleared => Self::SuspensionCleared,
            DeedForm::InviteReset => Self::InviteReset,
            DeedForm::InviteRevoked => Self::InviteRevoked,
            DeedForm::Joined { number, name } => Self::Joined { number, name },
            DeedForm::Left { number } => Self::Left(number),
            DeedForm::Removed { number } => Self::Removed(number),
        }
    }
}

impl From<&ChatGroupNews> for ChatGroupForm {
    fn from(news: &ChatGroupNews) -> Self {
        let ChatGroupNews { channel, group, number, subject, status, deed, at } = news.clone();
        Self {
            channel,
            group,
            number,
            subject,
            status: status.map(StatusForm::from),
            deed: deed.into(),
            at: at.0,
        }
    }
}

impl From<ChatGroupForm> for ChatGroupNews {
    fn from(form: ChatGroupForm) -> Self {
        let ChatGroupForm { channel, group, number, subject, status, deed, at } = form;
        Self {
            channel,
            group,
            number,
            subject,
            status: status.map(ChatGroupStatus::from),
            deed: deed.into(),
            at: Millis(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callback::CallbackEvent;

    fn news(status: Option<ChatGroupStatus>, deed: ChatGroupDeed) -> CallbackEvent {
        CallbackEvent::ChatGroup(Box::new(ChatGroupNews {
            channel: AppId::new("c").unwrap(),
            group: GroupId::new("g").unwrap(),
            number: PhoneNumber::new("8613800138000").unwrap(),
            subject: "team".to_owned(),
            status,
            deed,
            at: Millis(2),
        }))
    }

    #[test]
    fn news_of_a_group_is_read_as_it_was_written() {
        use ChatGroupStatus as S;
        let ann = || PhoneNumber::new("491600000001").unwrap();
        let deeds = [
            (Some(S::Active), ChatGroupDeed::Created),
            (Some(S::Inactive), ChatGroupDeed::CreationFailed),
            (Some(S::Updating), ChatGroupDeed::Changed),
            (Some(S::Active), ChatGroupDeed::ChangeFailed),
            (None, ChatGroupDeed::Deleted),
            (Some(S::Deleting), ChatGroupDeed::DeletionFailed),
            (Some(S::Suspended), ChatGroupDeed::Suspended),
            (Some(S::Creating), ChatGroupDeed::SuspensionCleared),
            (Some(S::Active), ChatGroupDeed::InviteReset),
            (Some(S::Active), ChatGroupDeed::InviteRevoked),
            (Some(S::Active), ChatGroupDeed::Joined { number: ann(), name: Some("Ann".to_owned()) }),
            (Some(S::Active), ChatGroupDeed::Joined { number: ann(), name: None }),
            (Some(S::Active), ChatGroupDeed::Left(ann())),
            (Some(S::Active), ChatGroupDeed::Removed(ann())),
        ];
        for (status, deed) in deeds {
            let event = news(status, deed);
            assert_eq!(event.lane(), "g:g");
            assert_eq!(CallbackEvent::of_form(&event.to_form().unwrap()), Some(event));
        }
    }

    #[test]
    fn rows_are_read_for_ever() {
        let ann = PhoneNumber::new("491600000001").unwrap();
        let row = r#"{"event":"chat_group","channel":"c","group":"g","number":"8613800138000","subject":"team","status":"active","deed":{"joined":{"number":"491600000001","name":"Ann"}},"at":2}"#;
        let joined = ChatGroupDeed::Joined { number: ann, name: Some("Ann".to_owned()) };
        assert_eq!(CallbackEvent::of_form(row), Some(news(Some(ChatGroupStatus::Active), joined)));
        let row = r#"{"event":"chat_group","channel":"c","group":"g","number":"8613800138000","subject":"team","deed":"deleted","at":2}"#;
        assert_eq!(CallbackEvent::of_form(row), Some(news(None, ChatGroupDeed::Deleted)));
        assert_eq!(CallbackEvent::of_form(&row.replace("deleted", "later")), None);
    }
}
