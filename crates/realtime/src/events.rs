//! What publications and results say: the events and objects of the client SDK, as JSON.

mod mutes;
mod system;

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use muster_core::{
    group::{Group, GroupTally},
    id::{GroupId, GroupRef, UserId},
    message::{Event, ExitReason, Message, Recall, Sequence, StreamRef},
    mute::GroupMutes,
    roster::{Member, RosterState},
    time::Millis,
};
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use self::{
    mutes::{MuteChange, MuteStatus},
    system::SystemEvent,
};

/// The wire name of a stream.
pub(crate) fn channel_of(stream: &StreamRef) -> String {
    match stream {
        StreamRef::Group(at) => group_channel(&at.group),
        StreamRef::User(_, user) => format!("u:{user}"),
    }
}

/// The wire name of a group's stream.
pub(crate) fn group_channel(group: &GroupId) -> String {
    format!("g:{group}")
}

/// A user.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImUser<'a> {
    /// Who.
    user_id: &'a str,
    /// What the user has said of itself on logging in; empty when nothing.
    user_extension: &'a str,
}

impl<'a> ImUser<'a> {
    pub(crate) fn new(user: &'a UserId, info: Option<&'a Arc<str>>) -> Self {
        Self { user_id: user.as_str(), user_extension: info.map_or("", |text| text) }
    }
}

impl<'a> From<&'a Member> for ImUser<'a> {
    fn from(member: &'a Member) -> Self {
        Self::new(&member.user, member.info.as_ref())
    }
}

/// A message.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImMessage<'a> {
    /// Of a message that is told and not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    event: Option<&'static str>,
    /// The group that it was said to; of a message to a single user there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'a str>,
    /// Its id, within its stream.
    message_id: &'a str,
    /// Its type: up to 10000 the system's, above the application's own.
    r#type: i64,
    /// What it says, byte for byte as it was said.
    data: &'a str,
    /// Who said it.
    sender: ImUser<'a>,
    /// Its position in its stream; 0 of one that is not stored.
    seqnum: Sequence,
    /// When it was taken, in seconds since 1970.
    timestamp: i64,
    /// How much its sender makes of it: 0 normal, 1 high.
    level: i64,
    /// How many equal messages it stands for.
    repeat_count: u64,
    /// How many messages of its type the group has seen so far.
    total_msgs: u64,
}

/// The group has ended, or ended for this user.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExitEvent<'a> {
    #[schemars(skip)]
    event: &'static str,
    /// Which group.
    group_id: &'a str,
    /// 1: it was closed. 2: the user was removed.
    reason: u8,
}

/// What a group says of itself, or who runs it, has changed.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InfoEvent<'a> {
    #[schemars(skip)]
    event: &'static str,
    /// Which group.
    group_id: &'a str,
    /// What the application says of it now.
    group_meta: &'a str,
    /// Its administrators now.
    #[schemars(with = "Vec<String>")]
    admin_list: &'a [UserId],
}

/// A message was taken back: forget it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecallEvent<'a> {
    #[schemars(skip)]
    event: &'static str,
    /// The group that it was said to.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'a str>,
    /// Which message.
    message_id: &'a str,
    /// Who took it back, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleter: Option<ImUser<'a>>,
}

/// Who came and went.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberChange<'a> {
    #[schemars(skip)]
    event: &'static str,
    /// Which group.
    group_id: &'a str,
    /// How many are in it now.
    member_count: u64,
    /// How often it was joined so far.
    pv: u64,
    /// Who came; not all of them in a large group.
    join_users: Vec<ImUser<'a>>,
    /// Who went, likewise.
    leave_users: Vec<ImUser<'a>>,
}

/// The data of a publication that tells `event`; `sequence` is 0 for one that is told once. `None` for an event that this
/// version does not know: there is nothing to tell of it.
pub(crate) fn event_data(stream: &StreamRef, event: &Event, sequence: Sequence) -> Option<String> {
    match event {
        Event::Message(message) => {
            let group = match stream {
                StreamRef::Group(at) => Some(&at.group),
                StreamRef::User(..) => None,
            };
            Some(message_data(group, message, sequence))
        }
        Event::ToMember { group, message } => Some(message_data(Some(group), message, sequence)),
        Event::Exit { group, reason } => {
            let reason = match reason {
                ExitReason::Dissolved => 1,
                ExitReason::Removed => 2,
            };
            Some(json(&ExitEvent { event: "exit", group_id: group.as_str(), reason }))
        }
        Event::MutesChanged(mutes) => Some(mutes::change(stream, mutes)),
        Event::System(message) => Some(system::message(message)),
        Event::Recalled(recall) => Some(recall_data(stream, recall)),
        Event::InfoChanged { group, info, admins } => Some(json(&InfoEvent {
            event: "infochange",
            group_id: group.as_str(),
            group_meta: info.as_deref().unwrap_or_default(),
            admin_list: admins,
        })),
        Event::Unknown(_) => None,
    }
}

/// What is told of a message that was taken back. The client SDK has no name for one of a user's own.
fn recall_data(stream: &StreamRef, recall: &Recall) -> String {
    let (event, group_id) = match stream {
        StreamRef::Group(at) => ("deletegroupmessage", Some(at.group.as_str())),
        StreamRef::User(..) => ("deletec2cmessage", None),
    };
    let deleter = recall.by.as_ref().map(|by| ImUser::new(&by.user, by.info.as_ref()));
    json(&RecallEvent { event, group_id, message_id: recall.message.as_str(), deleter })
}

impl<'a> ImMessage<'a> {
    /// A message to a group, or to a user where it is to none; `seqnum` is its position, 0 without one.
    pub(crate) fn of(group: Option<&'a GroupId>, message: &'a Message, seqnum: Sequence) -> Self {
        Self {
            event: None,
            group_id: group.map(GroupId::as_str),
            message_id: message.id.as_str(),
            r#type: message.kind,
            data: &message.body,
            sender: ImUser::new(&message.sender.user, message.sender.info.as_ref()),
            seqnum,
            timestamp: message.at.seconds(),
            level: message.level.0,
            repeat_count: message.repeat.get(),
            total_msgs: message.total.get(),
        }
    }
}

/// What is told of a message to a group, or to a user where it is to none.
fn message_data(group: Option<&GroupId>, message: &Message, seqnum: Sequence) -> String {
    let event = if group.is_some() { "recvgroupmessage" } else { "recvc2cmessage" };
    json(&ImMessage { event: Some(event), ..ImMessage::of(group, message, seqnum) })
}

/// Who came and went, as told at once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Comings {
    pub(crate) joined: Vec<(UserId, Option<Arc<str>>)>,
    pub(crate) left: Vec<UserId>,
}

/// The data of a publication that tells who came and went.
pub(crate) fn member_change(at: &GroupRef, state: RosterState, comings: &Comings) -> String {
    json(&MemberChange {
        event: "memberchange",
        group_id: at.group.as_str(),
        member_count: state.count,
        pv: state.views,
        join_users: comings.joined.iter().map(|(user, info)| ImUser::new(user, info.as_ref())).collect(),
        leave_users: comings.left.iter().map(|user| ImUser::new(user, None)).collect(),
    })
}

/// A group's figures.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Statistics<'a> {
    /// How often it was joined so far.
    pv: u64,
    /// How many are in it.
    online_count: u64,
    /// How many messages of each type it has seen.
    #[serde(serialize_with = "told_types")]
    #[schemars(with = "BTreeMap<String, u64>")]
    msg_amount: &'a BTreeMap<i64, u64>,
}

/// A group.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImGroupInfo<'a> {
    /// Its id.
    group_id: &'a str,
    /// What it is called.
    group_name: &'a str,
    /// What the application says of it.
    group_meta: &'a str,
    /// When it was made, in seconds since 1970.
    create_time: i64,
    /// Who made it.
    creator: &'a str,
    /// Who else runs it.
    #[schemars(with = "Vec<String>")]
    admins: &'a [UserId],
    statistics: Statistics<'a>,
    mute_status: MuteStatus<'a>,
    /// Whether it is a super group, whose members are not listed.
    is_big_group: bool,
}

/// Message types that are counted in an answer, at most: those of the lowest numbers.
const MAX_TYPES_TOLD: usize = 1_000;

fn told_types<S: serde::Serializer>(counts: &&BTreeMap<i64, u64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().take(MAX_TYPES_TOLD))
}

/// A group as the client SDK sees one (`ImGroupInfo`).
pub(crate) fn group_info(group: &Group, tally: &GroupTally, mutes: &GroupMutes, now: Millis) -> Bytes {
    let group_id = group.at.group.as_str();
    json(&ImGroupInfo {
        group_id,
        group_name: group.name.as_deref().unwrap_or_default(),
        group_meta: group.info.as_deref().unwrap_or_default(),
        create_time: group.created_at.seconds(),
        creator: group.creator.as_ref().map_or("", UserId::as_str),
        admins: &group.admins,
        statistics: Statistics { pv: tally.views, online_count: tally.online, msg_amount: &tally.messages },
        mute_status: MuteStatus::of(group_id, mutes, now),
        is_big_group: tally.super_group,
    })
    .into()
}

/// Any of the objects above as one line of JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> String {
    #[expect(clippy::expect_used, reason = "texts, numbers and lists of them always have a JSON form")]
    serde_json::to_string(value).expect("an event is JSON")
}
