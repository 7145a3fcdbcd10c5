//! Every remote procedure as data: what it is given, what it answers, who may call it, and how it fails.

use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{
    calls::{Acknowledged, Doomed, GroupAlone, ListUsers, UserPage},
    first_generation::{Figures, KnownUsers, Liked, Likes, OutgoingToUsers, UsersById},
    groups::{MadeGroup, ModifiedGroup, NewImGroup, RecentUsers},
    message_calls::{ListMessages, ListRecent, MessagePage, Recent},
    mute_calls::{OfGroupTold, OfUsers},
    saying::{Outgoing, OutgoingC2c, SentMessage},
};
use crate::{
    contract::{read, written},
    events::{ImGroupInfo, MuteStatus},
    protocol::ErrorCode,
};

/// What a call that has nothing to say answers.
#[derive(JsonSchema)]
struct Nothing {}

/// One remote procedure. Any of them may also fail with 100 and 400.
fn call<Given: JsonSchema, Answered: JsonSchema>(who: &str, errors: &[ErrorCode]) -> Value {
    let parameters = read::<Given>();
    let of_a_group = parameters["properties"].get("groupId").is_some();
    let group_errors: &[ErrorCode] =
        if of_a_group { &[ErrorCode::NoGroup, ErrorCode::GroupDeleted] } else { &[] };
    let mut numbers: Vec<u32> = [ErrorCode::Internal, ErrorCode::InvalidParameter]
        .iter()
        .chain(group_errors)
        .chain(errors)
        .map(|error| error.number())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    json!({ "who": who, "parameters": parameters, "result": written::<Answered>(), "errors": numbers })
}

const EVERYBODY: &str = "everybody";
const RUNS_IT: &str = "who runs the group: its creator, its administrators, and logins with the role admin";
const RUNS_IT_OR_OLD: &str = "who runs the group; in generation 1 everybody";

/// Every remote procedure by its method.
pub(crate) fn calls() -> Map<String, Value> {
    use ErrorCode::{
        Muted, NoPermission, NotAvailable, NotJoined, NotOnline, Refused, TooFast, TooMany, TooManyMutes,
    };
    let calls = [
        (
            "sendGroupMessage",
            call::<Outgoing, SentMessage<'_>>("members", &[Refused, TooFast, NotJoined, Muted]),
        ),
        (
            "sendC2cMessage",
            call::<OutgoingC2c, SentMessage<'_>>(
                "everybody, to who is logged in",
                &[Refused, TooFast, NotOnline],
            ),
        ),
        ("ackMessage", call::<Acknowledged, Nothing>("the receiver of the message", &[])),
        (
            "deleteMessage",
            call::<Doomed, Nothing>(
                "who runs the group; others what they have said themselves",
                &[NoPermission, TooFast],
            ),
        ),
        ("queryGroup", call::<GroupAlone, ImGroupInfo<'_>>(EVERYBODY, &[])),
        ("listGroupUser", call::<ListUsers, UserPage<'_>>(RUNS_IT_OR_OLD, &[NoPermission, TooMany])),
        ("listRecentGroupUser", call::<GroupAlone, RecentUsers<'_>>(EVERYBODY, &[TooMany])),
        (
            "listRecentMessage",
            call::<ListRecent, Recent<'_>>("members, and who runs the group", &[NotJoined]),
        ),
        ("listMessage", call::<ListMessages, MessagePage<'_>>(RUNS_IT_OR_OLD, &[NoPermission])),
        ("listHistoryMessage", call::<ListMessages, MessagePage<'_>>(EVERYBODY, &[])),
        (
            "createGroup",
            call::<NewImGroup, MadeGroup<'_>>(
                "logins with the role admin; in generation 1 everybody",
                &[NoPermission, TooMany],
            ),
        ),
        ("modifyGroup", call::<ModifiedGroup, Nothing>(RUNS_IT, &[NoPermission])),
        ("closeGroup", call::<GroupAlone, Nothing>(RUNS_IT, &[NoPermission])),
        ("muteAll", call::<OfGroupTold, Nothing>(RUNS_IT, &[NoPermission])),
        ("cancelMuteAll", call::<OfGroupTold, Nothing>(RUNS_IT, &[NoPermission])),
        ("muteUser", call::<OfUsers, Nothing>(RUNS_IT, &[NoPermission, TooManyMutes])),
        ("cancelMuteUser", call::<OfUsers, Nothing>(RUNS_IT, &[NoPermission])),
        ("listMuteUsers", call::<GroupAlone, MuteStatus<'_>>(RUNS_IT, &[NoPermission])),
        (
            "sendMessageToGroupUsers",
            call::<OutgoingToUsers, SentMessage<'_>>(
                "generation 1 alone: members",
                &[NotAvailable, Refused, TooFast, NotJoined, Muted],
            ),
        ),
        (
            "sendLike",
            call::<Likes, Liked>("generation 1 alone: members", &[NotAvailable, TooFast, NotJoined]),
        ),
        (
            "getGroupStatistics",
            call::<GroupAlone, Figures<'_>>("generation 1 alone: everybody", &[NotAvailable]),
        ),
        (
            "getGroupUserByIdList",
            call::<UsersById, KnownUsers>("generation 1 alone: everybody", &[NotAvailable]),
        ),
    ];
    calls.map(|(method, call)| (method.to_owned(), call)).into_iter().collect()
}
