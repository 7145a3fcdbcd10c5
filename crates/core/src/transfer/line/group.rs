//! Groups, their members and streams, as lines.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    event::form::EventForm,
    group::{Deletion, Group},
    id::{AppId, GroupId, GroupRef, UserId},
    message::{Entry, Event, Sequence, StreamRef},
    mute::{GroupMute, Mute, MuteKind, MuteRevision},
    number::TypeCount,
    roster::{JoinNumber, Visitor},
    time::Millis,
    transfer::{GroupRecord, MemberRecord, MessageCount, StreamEntry, UserStream},
};

/// A group's address.
#[derive(Serialize, Deserialize)]
pub(super) struct GroupRefForm {
    app: AppId,
    group: GroupId,
}

impl From<GroupRef> for GroupRefForm {
    fn from(at: GroupRef) -> Self {
        let GroupRef { app, group } = at;
        Self { app, group }
    }
}

impl From<GroupRefForm> for GroupRef {
    fn from(form: GroupRefForm) -> Self {
        let GroupRefForm { app, group } = form;
        Self { app, group }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct GroupRecordForm {
    group: GroupForm,
    next_join: JoinNumber,
    views: u64,
    super_group: bool,
    sequence: Sequence,
    #[serde(default, skip_serializing_if = "is_none")]
    visitors: u64,
}

/// Whether a figure says what its absence says.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_none(figure: &u64) -> bool {
    *figure == 0
}

impl From<GroupRecord> for GroupRecordForm {
    fn from(record: GroupRecord) -> Self {
        let GroupRecord { group, next_join, views, visitors, super_group, sequence } = record;
        Self { group: group.into(), next_join, views, super_group, sequence, visitors }
    }
}

impl From<GroupRecordForm> for GroupRecord {
    fn from(form: GroupRecordForm) -> Self {
        let GroupRecordForm { group, next_join, views, super_group, sequence, visitors } = form;
        Self { group: group.into(), next_join, views, visitors, super_group, sequence }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct VisitorForm {
    app: AppId,
    group: GroupId,
    user: UserId,
}

impl From<Visitor> for VisitorForm {
    fn from(visitor: Visitor) -> Self {
        let Visitor { at: GroupRef { app, group }, user } = visitor;
        Self { app, group, user }
    }
}

impl From<VisitorForm> for Visitor {
    fn from(VisitorForm { app, group, user }: VisitorForm) -> Self {
        Self { at: GroupRef::new(app, group), user }
    }
}

#[derive(Serialize, Deserialize)]
struct GroupForm {
    at: GroupRefForm,
    number: i64,
    creator: Option<UserId>,
    admins: Vec<UserId>,
    name: Option<String>,
    info: Option<String>,
    extension: BTreeMap<String, String>,
    epoch: String,
    created_at: i64,
    deletion: Option<DeletionForm>,
}

#[derive(Serialize, Deserialize)]
struct DeletionForm {
    at: i64,
    by: Option<UserId>,
}

impl From<Group> for GroupForm {
    fn from(group: Group) -> Self {
        Self {
            at: group.at.into(),
            number: group.number,
            creator: group.creator,
            admins: group.admins,
            name: group.name,
            info: group.info,
            extension: group.extension,
            epoch: group.epoch,
            created_at: group.created_at.0,
            deletion: group.deletion.map(|Deletion { at, by }| DeletionForm { at: at.0, by }),
        }
    }
}

impl From<GroupForm> for Group {
    fn from(form: GroupForm) -> Self {
        Self {
            at: form.at.into(),
            number: form.number,
            creator: form.creator,
            admins: form.admins,
            name: form.name,
            info: form.info,
            extension: form.extension,
            epoch: form.epoch,
            created_at: Millis(form.created_at),
            deletion: form.deletion.map(|DeletionForm { at, by }| Deletion { at: Millis(at), by }),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct MessageCountForm {
    app: AppId,
    group: GroupId,
    #[serde(rename = "type")]
    kind: i64,
    total: u64,
}

impl From<MessageCount> for MessageCountForm {
    fn from(count: MessageCount) -> Self {
        let MessageCount { app, group, kind, total } = count;
        Self { app, group, kind, total: total.get() }
    }
}

impl From<MessageCountForm> for MessageCount {
    /// The count is the nearest to what a version has written that knew no bound of it.
    fn from(form: MessageCountForm) -> Self {
        let MessageCountForm { app, group, kind, total } = form;
        Self { app, group, kind, total: TypeCount::clamped(total) }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct MemberForm {
    app: AppId,
    group: GroupId,
    number: JoinNumber,
    user: UserId,
    info: Option<Arc<str>>,
    joined_at: i64,
}

impl From<MemberRecord> for MemberForm {
    fn from(member: MemberRecord) -> Self {
        let MemberRecord { app, group, number, user, info, joined_at } = member;
        Self { app, group, number, user, info, joined_at: joined_at.0 }
    }
}

impl From<MemberForm> for MemberRecord {
    fn from(form: MemberForm) -> Self {
        let MemberForm { app, group, number, user, info, joined_at } = form;
        Self { app, group, number, user, info, joined_at: Millis(joined_at) }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct UserStreamForm {
    app: AppId,
    user: UserId,
    sequence: Sequence,
}

impl From<UserStream> for UserStreamForm {
    fn from(stream: UserStream) -> Self {
        let UserStream { app, user, sequence } = stream;
        Self { app, user, sequence }
    }
}

impl From<UserStreamForm> for UserStream {
    fn from(form: UserStreamForm) -> Self {
        let UserStreamForm { app, user, sequence } = form;
        Self { app, user, sequence }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct EntryForm {
    stream: StreamForm,
    entry: PlacedForm,
}

#[derive(Serialize, Deserialize)]
enum StreamForm {
    Group(GroupRefForm),
    User(AppId, UserId),
}

/// An event at its place.
#[derive(Serialize, Deserialize)]
struct PlacedForm {
    sequence: Sequence,
    at: i64,
    event: EventForm<Event>,
}

impl From<StreamEntry> for EntryForm {
    fn from(record: StreamEntry) -> Self {
        let StreamEntry { stream, entry: Entry { sequence, at, event } } = record;
        let stream = match stream {
            StreamRef::Group(at) => StreamForm::Group(at.into()),
            StreamRef::User(app, user) => StreamForm::User(app, user),
        };
        Self { stream, entry: PlacedForm { sequence, at: at.0, event: EventForm(event) } }
    }
}

impl From<EntryForm> for StreamEntry {
    fn from(form: EntryForm) -> Self {
        let EntryForm { stream, entry: PlacedForm { sequence, at, event: EventForm(event) } } = form;
        let stream = match stream {
            StreamForm::Group(at) => StreamRef::Group(at.into()),
            StreamForm::User(app, user) => StreamRef::User(app, user),
        };
        Self { stream, entry: Entry { sequence, at: Millis(at), event } }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct GroupMuteForm {
    app: AppId,
    group: GroupId,
    everybody: bool,
    revision: MuteRevision,
    changed_at: i64,
}

impl From<GroupMute> for GroupMuteForm {
    fn from(mute: GroupMute) -> Self {
        let GroupMute { at: GroupRef { app, group }, everybody, revision, changed_at } = mute;
        Self { app, group, everybody, revision, changed_at: changed_at.0 }
    }
}

impl From<GroupMuteForm> for GroupMute {
    fn from(form: GroupMuteForm) -> Self {
        let GroupMuteForm { app, group, everybody, revision, changed_at } = form;
        Self { at: GroupRef::new(app, group), everybody, revision, changed_at: Millis(changed_at) }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct MuteForm {
    app: AppId,
    group: GroupId,
    user: UserId,
    kind: MuteKindForm,
    until: Option<i64>,
    put_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MuteKindForm {
    Muted,
    Spared,
}

impl From<Mute> for MuteForm {
    fn from(mute: Mute) -> Self {
        let Mute { at: GroupRef { app, group }, user, kind, until, put_at } = mute;
        let kind = match kind {
            MuteKind::Muted => MuteKindForm::Muted,
            MuteKind::Spared => MuteKindForm::Spared,
        };
        Self { app, group, user, kind, until: until.map(|at| at.0), put_at: put_at.0 }
    }
}

impl From<MuteForm> for Mute {
    fn from(form: MuteForm) -> Self {
        let MuteForm { app, group, user, kind, until, put_at } = form;
        let kind = match kind {
            MuteKindForm::Muted => MuteKind::Muted,
            MuteKindForm::Spared => MuteKind::Spared,
        };
        Self { at: GroupRef::new(app, group), user, kind, until: until.map(Millis), put_at: Millis(put_at) }
    }
}
