//! What becomes of groups, on the wire: this server's own extension of the receipts ([`callback`](crate::callback)), which it
//! sends when the operator says so. A record has `NoticeType` `group`, and its events have the names of those of the network
//! that the cloud's groups are on.

use muster_core::{
    callback::{ChatGroupDeed, ChatGroupNews},
    chat::PhoneNumber,
    outbound::Call,
};
use serde::Serialize;

use crate::{
    callback::{ANSWER_TIME, FAILED},
    list_chat_group::GroupStatus,
};

/// What has become of a group.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record<'a> {
    business_number: &'a str,
    cust_space_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<String>,
    event: &'static str,
    /// The same in every attempt.
    event_id: &'a str,
    group_id: &'a str,
    /// None when the group is gone: the cloud has no word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_status: Option<GroupStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initiated_by: Option<&'static str>,
    notice_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    participants: Option<[Participant<'a>; 1]>,
    subject: &'a str,
    timestamp: i64,
    unique_code: &'a str,
}

/// Somebody who came or went.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Participant<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    participant_number: &'a str,
}

/// What a deed is called, and what is told beside it.
#[derive(Default)]
struct Told<'a> {
    event: &'static str,
    failed: bool,
    participant: Option<Participant<'a>>,
    initiated_by: Option<&'static str>,
}

/// The call that tells of `news` at `url`; `id` is the same in every attempt.
///
/// # Errors
/// None that news can cause.
pub fn call(id: &str, news: &ChatGroupNews, url: &str) -> Result<Call, String> {
    let mut call = Call::post_json(url, body(id, news)?);
    call.time = Some(ANSWER_TIME);
    Ok(call)
}

/// What is said of `news`.
///
/// # Errors
/// None that news can cause.
pub fn body(id: &str, news: &ChatGroupNews) -> Result<Vec<u8>, String> {
    let Told { event, failed, participant, initiated_by } = told(&news.deed);
    let record = Record {
        business_number: news.number.as_str(),
        cust_space_id: news.channel.as_str(),
        error_code: failed.then_some(FAILED),
        error_description: failed.then(|| format!("{FAILED}:the channel could not do it")),
        event,
        event_id: id,
        group_id: news.group.as_str(),
        group_status: news.status.map(GroupStatus::from),
        initiated_by,
        notice_type: "group",
        participants: participant.map(|participant| [participant]),
        subject: &news.subject,
        timestamp: news.at.0,
        unique_code: news.group.as_str(),
    };
    serde_json::to_vec(&[record]).map_err(|error| error.to_string())
}

fn told(deed: &ChatGroupDeed) -> Told<'_> {
    let of = |event| Told { event, ..Told::default() };
    let failed = |event| Told { failed: true, ..of(event) };
    match deed {
        ChatGroupDeed::Created => of("group_create"),
        ChatGroupDeed::CreationFailed => failed("group_create"),
        ChatGroupDeed::Changed => of("group_settings_update"),
        ChatGroupDeed::ChangeFailed => failed("group_settings_update"),
        ChatGroupDeed::Deleted => of("group_delete"),
        ChatGroupDeed::DeletionFailed => failed("group_delete"),
        ChatGroupDeed::Suspended => of("group_suspend"),
        ChatGroupDeed::SuspensionCleared => of("group_suspend_cleared"),
        ChatGroupDeed::InviteReset => of("group_invite_link_reset"),
        ChatGroupDeed::InviteRevoked => of("group_invite_link_revoke"),
        ChatGroupDeed::Joined { number, name } => with("group_participants_add", number, name.as_deref()),
        ChatGroupDeed::Left(number) => gone(number, "participant"),
        ChatGroupDeed::Removed(number) => gone(number, "business"),
    }
}

fn gone<'a>(number: &'a PhoneNumber, by: &'static str) -> Told<'a> {
    Told { initiated_by: Some(by), ..with("group_participants_remove", number, None) }
}

fn with<'a>(event: &'static str, number: &'a PhoneNumber, name: Option<&'a str>) -> Told<'a> {
    let participant = Participant { name, participant_number: number.as_str() };
    Told { event, participant: Some(participant), ..Told::default() }
}

#[cfg(test)]
mod tests {
    use muster_core::{
        chat::ChatGroupStatus,
        id::{AppId, GroupId},
        time::Millis,
    };
    use serde_json::{Value, json};

    use super::*;

    fn record(status: Option<ChatGroupStatus>, deed: ChatGroupDeed) -> Value {
        let news = ChatGroupNews {
            channel: AppId::new("cams-1").unwrap(),
            group: GroupId::new("E1").unwrap(),
            number: PhoneNumber::new("8613800138000").unwrap(),
            subject: "team".to_owned(),
            status,
            deed,
            at: Millis(1_700_000_000_500),
        };
        let call = call("id", &news, "https://shop.example.com/status").unwrap();
        assert_eq!(call.time, Some(ANSWER_TIME));
        let mut records: Vec<Value> = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(records.len(), 1);
        records.remove(0)
    }

    #[test]
    fn a_record_says_which_group_and_where_it_stands() {
        let expected = json!({
            "BusinessNumber": "8613800138000", "CustSpaceId": "cams-1", "Event": "group_create", "EventId": "id",
            "GroupId": "E1", "GroupStatus": "ACTIVE", "NoticeType": "group", "Subject": "team",
            "Timestamp": 1_700_000_000_500_i64, "UniqueCode": "E1",
        });
        assert_eq!(record(Some(ChatGroupStatus::Active), ChatGroupDeed::Created), expected);
        let gone = record(None, ChatGroupDeed::Deleted);
        assert_eq!((&gone["Event"], gone.get("GroupStatus")), (&json!("group_delete"), None));
    }

    #[test]
    fn whoever_comes_or_goes_is_named_and_who_has_brought_it_about() {
        let ann = || PhoneNumber::new("491600000001").unwrap();
        let active = Some(ChatGroupStatus::Active);
        let joined = record(active, ChatGroupDeed::Joined { number: ann(), name: Some("Ann".to_owned()) });
        assert_eq!(joined["Event"], "group_participants_add");
        assert_eq!(joined["Participants"], json!([{ "Name": "Ann", "ParticipantNumber": "491600000001" }]));
        assert_eq!(joined.get("InitiatedBy"), None);
        for (deed, by) in
            [(ChatGroupDeed::Left(ann()), "participant"), (ChatGroupDeed::Removed(ann()), "business")]
        {
            let record = record(active, deed);
            assert_eq!(
                (&record["Event"], &record["InitiatedBy"]),
                (&json!("group_participants_remove"), &json!(by))
            );
            assert_eq!(record["Participants"], json!([{ "ParticipantNumber": "491600000001" }]));
        }
    }

    #[test]
    fn what_failed_has_the_name_of_what_was_asked_for_and_an_error() {
        for (deed, event) in [
            (ChatGroupDeed::CreationFailed, "group_create"),
            (ChatGroupDeed::ChangeFailed, "group_settings_update"),
            (ChatGroupDeed::DeletionFailed, "group_delete"),
        ] {
            let record = record(Some(ChatGroupStatus::Active), deed);
            assert_eq!((&record["Event"], &record["ErrorCode"]), (&json!(event), &json!("131000")));
            assert_eq!(record["ErrorDescription"], "131000:the channel could not do it");
        }
        let of = |deed| record(Some(ChatGroupStatus::Suspended), deed)["Event"].clone();
        assert_eq!(of(ChatGroupDeed::Changed), "group_settings_update");
        assert_eq!(of(ChatGroupDeed::Suspended), "group_suspend");
        assert_eq!(of(ChatGroupDeed::SuspensionCleared), "group_suspend_cleared");
        assert_eq!(of(ChatGroupDeed::InviteReset), "group_invite_link_reset");
        assert_eq!(of(ChatGroupDeed::InviteRevoked), "group_invite_link_revoke");
    }
}
