//! A record as a line.

use serde::{Deserialize, Serialize};

use super::{
    access::{AccountForm, AttachmentForm, KeyForm, PolicyForm, RoleAttachmentForm, RoleForm, UserForm},
    chat_message::ChatMessageForm,
    group::{
        EntryForm, GroupMuteForm, GroupRecordForm, MemberForm, MessageCountForm, MuteForm, UserStreamForm,
        VisitorForm,
    },
    space::{
        AppRecordForm, BusinessNumberForm, ChannelRecordForm, ChatFileForm, ChatGroupRecordForm, InviteForm,
        RemovalForm, WordForm,
    },
};
use crate::transfer::{Record, kinds::for_every_kind};

macro_rules! forms {
    ($($(#[$doc:meta])* $name:ident($content:ty, $form:ty) $what:literal since $since:literal;)*) => {
        /// A record, under the name of its kind.
        #[derive(Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(super) enum RecordForm {
            $($name($form),)*
        }

        impl From<Record> for RecordForm {
            fn from(record: Record) -> Self {
                match record {
                    $(Record::$name(content) => Self::$name(content.into()),)*
                }
            }
        }

        impl From<RecordForm> for Record {
            fn from(form: RecordForm) -> Self {
                match form {
                    $(RecordForm::$name(form) => Self::$name(form.into()),)*
                }
            }
        }
    };
}
for_every_kind!(forms);
