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
        AppRecordForm, BusinessNumberForm, ChannelRecordForm, ChatGroupRecordForm, InviteForm, RemovalForm,
        WordForm,
    },
};
use crate::transfer::Record;

/// A record, under the name of its kind.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RecordForm {
    Account(AccountForm),
    User(UserForm),
    Key(KeyForm),
    Policy(PolicyForm),
    Attachment(AttachmentForm),
    Role(RoleForm),
    RoleAttachment(RoleAttachmentForm),
    App(AppRecordForm),
    Channel(ChannelRecordForm),
    BusinessNumber(BusinessNumberForm),
    LastGroupNumber(i64),
    Group(GroupRecordForm),
    MessageCount(MessageCountForm),
    ChatGroup(ChatGroupRecordForm),
    Invite(InviteForm),
    Removal(RemovalForm),
    ChatMessage(ChatMessageForm),
    GroupMute(GroupMuteForm),
    Mute(MuteForm),
    Word(WordForm),
    Visitor(VisitorForm),
    Member(MemberForm),
    UserStream(UserStreamForm),
    Entry(EntryForm),
}

impl From<Record> for RecordForm {
    fn from(record: Record) -> Self {
        match record {
            Record::Account(account) => Self::Account(account.into()),
            Record::User(user) => Self::User(user.into()),
            Record::Key(key) => Self::Key(key.into()),
            Record::Policy(policy) => Self::Policy(policy.into()),
            Record::Attachment(attachment) => Self::Attachment(attachment.into()),
            Record::Role(role) => Self::Role(role.into()),
            Record::RoleAttachment(attachment) => Self::RoleAttachment(attachment.into()),
            Record::App(app) => Self::App(app.into()),
            Record::Channel(channel) => Self::Channel(channel.into()),
            Record::BusinessNumber(number) => Self::BusinessNumber(number.into()),
            Record::LastGroupNumber(last) => Self::LastGroupNumber(last),
            Record::Group(group) => Self::Group(group.into()),
            Record::MessageCount(count) => Self::MessageCount(count.into()),
            Record::ChatGroup(group) => Self::ChatGroup(group.into()),
            Record::Invite(invite) => Self::Invite(invite.into()),
            Record::Removal(removal) => Self::Removal(removal.into()),
            Record::ChatMessage(message) => Self::ChatMessage(message.into()),
            Record::GroupMute(mute) => Self::GroupMute(mute.into()),
            Record::Mute(mute) => Self::Mute(mute.into()),
            Record::Word(word) => Self::Word(word.into()),
            Record::Visitor(visitor) => Self::Visitor(visitor.into()),
            Record::Member(member) => Self::Member(member.into()),
            Record::UserStream(stream) => Self::UserStream(stream.into()),
            Record::Entry(entry) => Self::Entry(entry.into()),
        }
    }
}

impl From<RecordForm> for Record {
    fn from(form: RecordForm) -> Self {
        match form {
            RecordForm::Account(account) => Self::Account(account.into()),
            RecordForm::User(user) => Self::User(user.into()),
            RecordForm::Key(key) => Self::Key(key.into()),
            RecordForm::Policy(policy) => Self::Policy(policy.into()),
            RecordForm::Attachment(attachment) => Self::Attachment(attachment.into()),
            RecordForm::Role(role) => Self::Role(role.into()),
            RecordForm::RoleAttachment(attachment) => Self::RoleAttachment(attachment.into()),
            RecordForm::App(app) => Self::App(app.into()),
            RecordForm::Channel(channel) => Self::Channel(channel.into()),
            RecordForm::BusinessNumber(number) => Self::BusinessNumber(number.into()),
            RecordForm::LastGroupNumber(last) => Self::LastGroupNumber(last),
            RecordForm::Group(group) => Self::Group(group.into()),
            RecordForm::MessageCount(count) => Self::MessageCount(count.into()),
            RecordForm::ChatGroup(group) => Self::ChatGroup(group.into()),
            RecordForm::Invite(invite) => Self::Invite(invite.into()),
            RecordForm::Removal(removal) => Self::Removal(removal.into()),
            RecordForm::ChatMessage(message) => Self::ChatMessage(message.into()),
            RecordForm::GroupMute(mute) => Self::GroupMute(mute.into()),
            RecordForm::Mute(mute) => Self::Mute(mute.into()),
            RecordForm::Word(word) => Self::Word(word.into()),
            RecordForm::Visitor(visitor) => Self::Visitor(visitor.into()),
            RecordForm::Member(member) => Self::Member(member.into()),
            RecordForm::UserStream(stream) => Self::UserStream(stream.into()),
            RecordForm::Entry(entry) => Self::Entry(entry.into()),
        }
    }
}
