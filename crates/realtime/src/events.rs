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
use serde::Serialize;

pub(crate) use self::mutes::MuteStatus;

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

/// A user as the client SDK sees one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImUser<'a> {
    user_id: &'a str,
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

/// A message as the client SDK sees one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImMessage<'a> {
    /// Of a message that is told and not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'a str>,
    message_id: &'a str,
    r#type: i64,
    data: &'a str,
    sender: ImUser<'a>,
    seqnum: Sequence,
    timestamp: i64,
    level: i64,
    repeat_count: u64,
    total_msgs: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExitEvent<'a> {
    event: &'static str,
    group_id: &'a str,
    reason: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InfoEvent<'a> {
    event: &'static str,
    group_id: &'a str,
    group_meta: &'a str,
    admin_list: &'a [UserId],
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
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct RecallEvent<'a> {
        event: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        group_id: Option<&'a str>,
        message_id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        deleter: Option<ImUser<'a>>,
    }
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
            level: message.level,
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
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct MemberChange<'a> {
        event: &'static str,
        group_id: &'a str,
        member_count: u64,
        pv: u64,
        join_users: Vec<ImUser<'a>>,
        leave_users: Vec<ImUser<'a>>,
    }
    json(&MemberChange {
        event: "memberchange",
        group_id: at.group.as_str(),
        member_count: state.count,
        pv: state.views,
        join_users: comings.joined.iter().map(|(user, info)| ImUser::new(user, info.as_ref())).collect(),
        leave_users: comings.left.iter().map(|user| ImUser::new(user, None)).collect(),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Statistics<'a> {
    pv: u64,
    online_count: u64,
    #[serde(serialize_with = "told_types")]
    msg_amount: &'a BTreeMap<i64, u64>,
}

/// Message types that are counted in an answer, at most: those of the lowest numbers.
const MAX_TYPES_TOLD: usize = 1_000;

fn told_types<S: serde::Serializer>(counts: &&BTreeMap<i64, u64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().take(MAX_TYPES_TOLD))
}

/// A group as the client SDK sees one (`ImGroupInfo`).
pub(crate) fn group_info(group: &Group, tally: &GroupTally, mutes: &GroupMutes, now: Millis) -> Bytes {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ImGroupInfo<'a> {
        group_id: &'a str,
        group_name: &'a str,
        group_meta: &'a str,
        create_time: i64,
        creator: &'a str,
        admins: &'a [UserId],
        statistics: Statistics<'a>,
        mute_status: MuteStatus<'a>,
        is_big_group: bool,
    }
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
