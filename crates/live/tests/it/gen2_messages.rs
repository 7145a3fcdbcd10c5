//! Messages of generation 2.

use muster_core::{
    id::{AppId, UserId},
    message::{Event, StreamRef},
};
use serde_json::{Value, json};

use crate::{House, live, new_app, new_group, people};

async fn audience(house: &House) -> String {
    let app = new_app(house).await;
    new_group(house, &app, "g").await;
    people(house, &app, "g", &["ann"]).await;
    app
}

async fn send(house: &House, app: &str, parameters: &[(&str, &str)]) -> String {
    let common = [("AppId", app), ("GroupId", "g"), ("SenderId", "host")];
    let sent = house.call("SendLiveMessageGroup", &[&common[..], parameters].concat()).await.ok();
    assert_eq!(sent.as_object().map(serde_json::Map::len), Some(1), "{sent}");
    sent["MsgTid"].as_str().expect("an id").to_owned()
}

async fn history(house: &House, app: &str, parameters: &[(&str, &str)]) -> Value {
    let common = [("AppId", app), ("GroupId", "g"), ("PageSize", "10")];
    house.call("ListLiveMessageGroupMessages", &[&common[..], parameters].concat()).await.ok()
}

fn bodies(page: &Value) -> Vec<String> {
    let rows = page["MessageList"].as_array().expect("rows");
    rows.iter().map(|row| row["Body"].as_str().expect("a body").to_owned()).collect()
}

#[tokio::test]
async fn a_message_is_kept_as_it_was_sent() {
    let house = live();
    let app = audience(&house).await;
    let parameters =
        [("Body", "{\"text\":\"hé\"}"), ("MsgType", "7"), ("MsgTid", "c-1-1-0"), ("SenderMetaInfo", "meta")];
    assert_eq!(send(&house, &app, &parameters).await, "c-1-1-0");
    let made = send(&house, &app, &[]).await;
    let page = history(&house, &app, &[("SortType", "1")]).await;
    let second = 1_795_168_800;
    assert_eq!(
        page,
        json!({
            "GroupId": "g", "NextPageToken": 0, "Hasmore": false,
            "MessageList": [
                {
                    "MsgTid": "c-1-1-0", "MsgType": 7, "Body": "{\"text\":\"hé\"}",
                    "Sender": {"UserId": "host", "UserInfo": "meta"},
                    "SeqNumber": 1, "Timestamp": second, "TotalMessages": 1,
                },
                {
                    "MsgTid": made, "MsgType": 10001, "Body": "", "Sender": {"UserId": "host", "UserInfo": ""},
                    "SeqNumber": 2, "Timestamp": second, "TotalMessages": 1,
                },
            ],
        })
    );
}

#[tokio::test]
async fn messages_are_walked_in_both_directions() {
    let house = live();
    let app = audience(&house).await;
    let sent: Vec<String> = (0..25).map(|number| format!("message {number}")).collect();
    for body in &sent {
        send(&house, &app, &[("Body", body)]).await;
    }
    for (sort, expected) in [("1", sent.clone()), ("2", sent.iter().rev().cloned().collect())] {
        let (mut token, mut found) = (String::new(), Vec::new());
        while token != "0" {
            let page = history(&house, &app, &[("SortType", sort), ("NextPageToken", &token)]).await;
            found.extend(bodies(&page));
            token = page["NextPageToken"].to_string();
            assert_eq!(page["Hasmore"], token != "0");
        }
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn messages_are_filtered_by_type_and_by_time_to_the_second() {
    let house = live();
    let app = audience(&house).await;
    for (kind, body) in [("1", "a"), ("2", "b"), ("1", "c")] {
        send(&house, &app, &[("MsgType", kind), ("Body", body)]).await;
        house.clock.advance(1_500);
    }
    // a at second 0, b at 1.5, c at 3.
    let found = |parameters: &'static [(&str, &str)]| {
        let (house, app) = (&house, &app);
        async move { bodies(&history(house, app, &[&[("SortType", "1")], parameters].concat()).await) }
    };
    assert_eq!(found(&[("MsgType", "1")]).await, ["a", "c"]);
    assert_eq!(found(&[("BeginTime", "1795168801")]).await, ["b", "c"]);
    assert_eq!(found(&[("EndTime", "1795168801")]).await, ["a", "b"], "a second lasts until its end");
    assert_eq!(found(&[("BeginTime", "1795168801"), ("EndTime", "1795168802")]).await, ["b"]);
}

#[tokio::test]
async fn a_message_without_storage_is_counted_and_not_kept() {
    let house = live();
    let app = audience(&house).await;
    send(&house, &app, &[("Body", "kept"), ("MsgType", "1")]).await;
    send(&house, &app, &[("Body", "told"), ("MsgType", "1"), ("NoStorage", "True")]).await;
    send(&house, &app, &[("MsgType", "88"), ("StaticsIncrease", "10"), ("NoStorage", "true")]).await;
    assert_eq!(bodies(&history(&house, &app, &[("SortType", "1")]).await), ["kept"]);
    let described = house.call("DescribeLiveMessageGroup", &[("AppId", &app), ("GroupId", "g")]).await.ok();
    assert_eq!(described["MsgAmount"], json!({"1": 2, "88": 10}));
}

#[tokio::test]
async fn the_31st_type_of_a_group_is_refused() {
    let house = live();
    let app = audience(&house).await;
    for kind in 1..=30 {
        send(&house, &app, &[("MsgType", &kind.to_string())]).await;
    }
    let one_more = [("AppId", &*app), ("GroupId", "g"), ("SenderId", "host"), ("MsgType", "31")];
    house.call("SendLiveMessageGroup", &one_more).await.refused(400, "InputInvalid");
    send(&house, &app, &[("MsgType", "30")]).await;
}

#[tokio::test]
async fn a_group_with_nobody_in_it_is_not_sent_to() {
    let house = live();
    let app = new_app(&house).await;
    new_group(&house, &app, "g").await;
    let message = [("AppId", &*app), ("GroupId", "g"), ("SenderId", "host"), ("Body", "x")];
    house.call("SendLiveMessageGroup", &message).await.refused(404, "ResourceNotExist");
}

#[tokio::test]
async fn the_messages_of_a_deleted_group_can_be_read_and_no_more_are_taken() {
    let house = live();
    let app = audience(&house).await;
    send(&house, &app, &[("Body", "last words")]).await;
    house.call("DeleteLiveMessageGroup", &[("AppId", &app), ("GroupId", "g")]).await.ok();
    let message = [("AppId", &*app), ("GroupId", "g"), ("SenderId", "host")];
    house.call("SendLiveMessageGroup", &message).await.refused(404, "ResourceNotExist");
    assert_eq!(bodies(&history(&house, &app, &[("SortType", "1")]).await), ["last words"]);
}

#[tokio::test]
async fn a_message_that_was_taken_back_is_gone_from_history_and_its_id_stays_taken() {
    let house = live();
    let app = audience(&house).await;
    for id in ["c-1", "c-2", "c-3"] {
        send(&house, &app, &[("MsgTid", id), ("Body", id)]).await;
    }
    let recall = |id: &'static str| {
        vec![
            ("AppId", &*app),
            ("GroupId", "g"),
            ("MessageId", id),
            ("DeleterId", "boss"),
            ("DeleterInfo", "meta"),
        ]
    };
    for id in ["c-2", "c-2", "never-sent"] {
        let gone = house.call("DeleteLiveMessageGroupMessage", &recall(id)).await.ok();
        assert_eq!(gone, json!({"GroupId": "g", "MessageId": id}));
    }
    assert_eq!(bodies(&history(&house, &app, &[("SortType", "1")]).await), ["c-1", "c-3"]);
    assert_eq!(
        bodies(&history(&house, &app, &[("SortType", "2"), ("MsgType", "10001")]).await),
        ["c-3", "c-1"]
    );
    assert_eq!(send(&house, &app, &[("MsgTid", "c-2"), ("Body", "again")]).await, "c-2");
    assert_eq!(bodies(&history(&house, &app, &[("SortType", "1")]).await), ["c-1", "c-3"]);
}

#[tokio::test]
async fn a_message_to_a_user_is_taken_back_by_somebody_who_is_named() {
    let house = live();
    let app = audience(&house).await;
    let to = [("AppId", &*app), ("ReceiverId", "ann"), ("MessageId", "m-1")];
    house.call("DeleteLiveMessageUserMessage", &to).await.refused(400, "InputInvalid");
    let named = [&to[..], &[("DeleterId", "boss")]].concat();
    assert_eq!(house.call("DeleteLiveMessageUserMessage", &named).await.ok(), json!({}));
}

#[tokio::test]
async fn a_message_to_a_user_is_kept_when_it_says_so_and_the_receiver_is_there() {
    let house = live();
    let app = audience(&house).await;
    let to = |receiver: &'static str| vec![("AppId", &*app), ("ReceiverId", receiver), ("SenderId", "host")];
    house.call("SendLiveMessageUser", &to("nobody")).await.refused(404, "ResourceNotExist");
    let kept =
        [("MsgTid", "c-1"), ("SenderInfo", "meta"), ("Body", "psst"), ("MsgType", "7"), ("Storage", "true")];
    for parameters in [&[("Body", "fleeting")][..], &kept, &kept] {
        let sent = house.call("SendLiveMessageUser", &[&to("ann")[..], parameters].concat()).await.ok();
        assert_eq!(sent.as_object().map(serde_json::Map::len), Some(1), "{sent}");
    }
    let own = StreamRef::User(AppId::new(&app).expect("an id"), UserId::new("ann").expect("an id"));
    let entries = house.muster.delivery().entries(&own, 0, 10).await.expect("entries");
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    let Event::Message(message) = &entry.event else { panic!("{entry:?}") };
    assert_eq!((message.id.as_str(), message.kind, &*message.body), ("c-1", 7, "psst"));
    assert_eq!((message.sender.user.as_str(), message.sender.info.as_deref()), ("host", Some("meta")));
}
