//! Messages of generation 1.

use muster_core::{
    app::Generation,
    id::AppId,
    limits::Limits,
    message::{Event, StreamRef},
    service::AppScope,
};
use serde_json::{Value, json};

use crate::{House, Person, limited, live, old_app, old_group};

/// An application and a group in it.
struct Room {
    house: House,
    app: String,
    group: String,
}

impl Room {
    async fn new() -> Self {
        Self::in_house(live()).await
    }

    async fn in_house(house: House) -> Self {
        let app = old_app(&house).await;
        let group = old_group(&house, &app).await;
        Self { house, app, group }
    }

    fn named<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        [&[("AppId", &*self.app), ("GroupId", &*self.group)], more].concat()
    }

    async fn result(&self, action: &str, more: &[(&str, &str)]) -> Value {
        let mut answer = self.house.call(action, &self.named(more)).await.ok();
        assert_eq!(answer.as_object().map(serde_json::Map::len), Some(1), "{answer}");
        answer["Result"].take()
    }

    async fn join(&self, user: &str) {
        self.result("JoinMessageGroup", &[("UserId", user)]).await;
    }

    async fn send(&self, data: &str, more: &[(&str, &str)]) -> String {
        let said = [&[("OperatorUserId", "System"), ("Data", data)], more].concat();
        let sent = self.result("SendMessageToGroup", &said).await;
        sent["MessageId"].as_str().expect("an id").to_owned()
    }

    async fn page(&self, number: &str, size: &str, more: &[(&str, &str)]) -> (Vec<String>, bool) {
        let page = [&[("PageNum", number), ("PageSize", size)], more].concat();
        let page = self.result("ListMessage", &page).await;
        let rows = page["MessageList"].as_array().expect("rows");
        let data = rows.iter().map(|row| row["Data"].as_str().expect("a text").to_owned());
        (data.collect(), page["HasMore"].as_bool().expect("a flag"))
    }
}

#[tokio::test]
async fn a_message_is_kept_as_it_was_sent_whoever_is_there() {
    let room = Room::new().await;
    let first = room.send(r#"{"text":"hé"}"#, &[("Type", "20001")]).await;
    let second = room.send("test", &[]).await;
    let row = |data: &str, id: &str, kind: i32| json!({"Data": data, "GroupId": room.group, "MessageId": id, "SenderId": "System", "Type": kind});
    assert_eq!(
        room.result("ListMessage", &[("PageNum", "1"), ("PageSize", "20")]).await,
        json!({"HasMore": false, "MessageList": [row(r#"{"text":"hé"}"#, &first, 20_001), row("test", &second, 10_001)]})
    );
}

#[tokio::test]
async fn messages_are_paged_in_both_orders_and_by_type() {
    let room = Room::new().await;
    for number in 0..7 {
        let kind = if number % 2 == 0 { "10001" } else { "10002" };
        room.send(&number.to_string(), &[("Type", kind)]).await;
    }
    let texts = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(room.page("1", "3", &[]).await, (texts("0 1 2"), true));
    assert_eq!(room.page("3", "3", &[("SortType", "0")]).await, (texts("6"), false));
    assert_eq!(room.page("2", "3", &[("SortType", "1")]).await, (texts("3 2 1"), true));
    assert_eq!(room.page("1", "3", &[("Type", "10002")]).await, (texts("1 3 5"), false));
    assert_eq!(room.page("2", "2", &[("Type", "10001"), ("SortType", "1")]).await, (texts("2 0"), false));
    assert_eq!(room.page("100000", "50", &[]).await, (Vec::new(), false));
}

#[tokio::test]
async fn a_message_is_moderated_unless_it_is_to_be_spared() {
    let room = Room::new().await;
    let account = room.house.account();
    let scope = AppScope { account: &account, generation: Generation::One, data_center: None };
    let id = AppId::new(&room.app).expect("an id");
    let app = room.house.muster.apps().describe(scope, &id).await.expect("an application");
    assert!(room.house.muster.moderation().add(&app, "forbidden").await.expect("a word"));
    let said = room.named(&[("OperatorUserId", "System"), ("Data", "a Forbidden word")]);
    room.house.call("SendMessageToGroup", &said).await.refused(400, "InputInvalid");
    room.send("forbidden", &[("SkipAudit", "true")]).await;
    assert_eq!(room.page("1", "9", &[]).await.0, ["forbidden"]);
}

#[tokio::test]
async fn members_are_told_with_what_mutes_them() {
    let room = Room::new().await;
    for user in ["ann", "ben", "carl"] {
        room.join(user).await;
    }
    let ask = async || {
        let found = room.result("ListMessageGroupUserById", &[("UserIdList", "carl,nobody,ben,ann")]).await;
        assert_eq!((&found["HasMore"], &found["Total"]), (&json!(false), &json!(3)));
        let rows = found["UserList"].as_array().expect("rows").clone();
        let by = |row: &Value| {
            assert_eq!(row["IsMute"], row["MuteBy"] != json!([]), "{row}");
            format!("{} {}", row["UserId"].as_str().expect("an id"), row["MuteBy"])
        };
        rows.iter().map(by).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(ask().await, "carl [], ben [], ann []");
    let boss = ("OperatorUserId", "carl");
    room.result("MuteGroupUser", &[boss, ("MuteUserList", "ann"), ("MuteTime", "60")]).await;
    assert_eq!(ask().await, r#"carl [], ben [], ann ["user"]"#);
    room.result("MuteAllGroupUser", &[boss]).await;
    assert_eq!(ask().await, r#"carl [], ben ["group"], ann ["group","user"]"#);
    room.house.clock.advance(60_000);
    assert_eq!(ask().await, r#"carl [], ben ["group"], ann ["group"]"#);
}

#[tokio::test]
async fn a_member_is_told_with_all_its_fields() {
    let room = Room::new().await;
    Person::new(&room.house, Generation::One, &room.app, "ann", None)
        .await
        .join(&room.house, &room.group)
        .await;
    assert_eq!(
        room.result("ListMessageGroupUserById", &[("UserIdList", r#"["ann"]"#)]).await["UserList"],
        json!([{"IsMute": false, "MuteBy": [], "UserAvatar": "", "UserExtension": "", "UserId": "ann", "UserNick": ""}])
    );
}

#[tokio::test]
async fn some_members_are_spoken_to_and_whoever_is_not_in_the_group_is_passed_over() {
    let room = Room::new().await;
    for user in ["ann", "ben", "carl"] {
        room.join(user).await;
    }
    let said = [("OperatorUserId", "System"), ("Type", "20001"), ("Data", "psst")];
    let to = |receivers: &'static str| [&said[..], &[("ReceiverIdList", receivers)]].concat();
    let sent = room.result("SendMessageToGroupUsers", &to("ben,nobody,ann,ben")).await;
    let app = AppId::new(&room.app).expect("an id");
    for (user, entries) in [("ann", 1), ("ben", 1), ("carl", 0), ("nobody", 0)] {
        let stream = StreamRef::User(app.clone(), user.parse().expect("an id"));
        let heard = room.house.muster.delivery().entries(&stream, 0, 9).await.expect("entries");
        assert_eq!(heard.len(), entries, "{user}");
        for entry in heard {
            let Event::ToMember { group, message } = entry.event else { panic!("{:?}", entry.event) };
            assert_eq!((group.as_str(), message.kind, &*message.body), (&*room.group, 20_001, "psst"));
            assert_eq!(message.id.as_str(), sent["MessageId"]);
        }
    }
    assert_eq!(
        room.page("1", "9", &[]).await.0,
        Vec::<String>::new(),
        "the group's history does not show it"
    );
    for (receivers, status, code) in [
        ("nobody,noone", 404, "ResourceNotExist"),
        ("", 400, "MissingReceiverIdList"),
        ("a b", 400, "InputInvalid"),
    ] {
        room.house.call("SendMessageToGroupUsers", &room.named(&to(receivers))).await.refused(status, code);
    }
    let many = (0..101).map(|number| format!("u{number}")).collect::<Vec<_>>().join(",");
    let too_many = room.named(&[&said[..], &[("ReceiverIdList", &*many)]].concat());
    room.house.call("SendMessageToGroupUsers", &too_many).await.refused(400, "InputInvalid");
}

#[tokio::test]
async fn likes_are_counted_beside_messages_and_take_none_of_their_types() {
    let limits = Limits { generation_1_message_types_per_group: 1, ..Limits::default() };
    let room = Room::in_house(limited(limits)).await;
    let like = async |count: &str| room.result("SendLike", &[("Count", count)]).await;
    assert_eq!(like("3").await, json!({"LikeCount": 3}));
    room.send("first", &[("Type", "20001")]).await;
    assert_eq!(like("4").await, json!({"LikeCount": 7}));
    let other = room.named(&[("OperatorUserId", "System"), ("Data", "x"), ("Type", "20002")]);
    room.house.call("SendMessageToGroup", &other).await.refused(400, "InputInvalid");
    assert_eq!(room.page("1", "9", &[]).await.0, ["first"]);
    for bad in ["0", "-1", "1.5", "x", "2147483648"] {
        room.house.call("SendLike", &room.named(&[("Count", bad)])).await.refused(400, "InputInvalid");
    }
    assert_eq!(like("2147483647").await, json!({"LikeCount": i32::MAX}));
    room.result("CloseMessageGroup", &[]).await;
    room.house.call("SendLike", &room.named(&[("Count", "1")])).await.refused(404, "ResourceNotExist");
}
