//! Remote procedure calls, presence and history.

use muster_core::{
    error::Error,
    group::Order,
    id::UserId,
    limits::Limits,
    roster::WalkQuery,
    service::{NewGroup, Telling},
};
use serde_json::{Value, json};

use crate::support::{Server, quick};

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_sent_says_why() {
    let server = Server::start().await;
    server.group("g1").await;
    let gone = server.group("gone").await;
    server.muster.groups().delete(&server.app, &gone.group, None).await.unwrap();
    let mut anna = server.client("anna").await;
    let send = |group: &str, data: Value| json!({ "groupId": group, "type": 1, "data": data });
    let not_joined = anna.call("sendGroupMessage", send("g1", json!("x"))).await;
    assert_eq!(not_joined, json!({ "code": 425, "message": "group not joined" }));
    assert_eq!(anna.call("sendGroupMessage", send("none", json!("x"))).await["code"], 440);
    assert_eq!(anna.call("sendGroupMessage", send("gone", json!("x"))).await["code"], 441);
    anna.join("g1").await;
    let longest = "x".repeat(15 * 1024);
    assert!(anna.call("sendGroupMessage", send("g1", json!(longest))).await["messageId"].is_string());
    for wrong in [
        send("g1", json!(format!("{longest}x"))),
        send("g1", json!({})),
        send("a b", json!("x")),
        json!({ "groupId": "g1", "data": "x" }),
        json!({ "groupId": "g1", "type": 1, "data": "x", "repeatCount": 0 }),
        json!([]),
        Value::Null,
    ] {
        let error = anna.call("sendGroupMessage", wrong.clone()).await;
        assert_eq!(error["code"], 400, "{wrong}");
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
    assert_eq!(anna.call("nonsense", json!({})).await, json!({ "code": 104, "message": "method not found" }));
    let every = json!({
        "groupId": "g1", "type": 400_004, "data": "{}", "skipMuteCheck": true, "skipAudit": true, "level": 1,
        "noStorage": false, "repeatCount": 3, "unknown": [1],
    });
    assert!(anna.call("sendGroupMessage", every).await["messageId"].is_string());
}

#[tokio::test(start_paused = true)]
async fn a_group_is_asked_for_by_its_id_or_by_an_object() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = server.client("anna").await;
    for question in [json!({ "groupId": "g1" }), json!("g1")] {
        let info = anna.call("queryGroup", question).await;
        assert_eq!((&info["groupId"], &info["statistics"]["onlineCount"]), (&json!("g1"), &json!(0)));
    }
    assert_eq!(anna.call("queryGroup", json!({})).await["code"], 400);
    assert_eq!(anna.call("queryGroup", json!("none")).await["code"], 440);
}

#[tokio::test(start_paused = true)]
async fn those_who_run_a_group_call_its_roll_by_pages() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    for number in 0..120 {
        let user = UserId::new(&format!("u{number}")).unwrap();
        server.muster.rosters().enrol(&server.opened(&at).await, &user, Telling::default()).await.unwrap();
    }
    let mut boss = server.client("boss").await;
    let mut users = Vec::new();
    let mut token = json!(0);
    loop {
        let page = boss.call("listGroupUser", json!({ "groupId": "g1", "nextPageToken": token })).await;
        assert_eq!(page["nextPageToken"], page["nextpagetoken"]);
        users.extend(page["userList"].as_array().unwrap().iter().map(|user| user["userId"].clone()));
        if page["hasMore"] == false {
            assert_eq!(page["nextPageToken"], 0);
            break;
        }
        token = page["nextPageToken"].clone();
    }
    assert_eq!(users, (0..120).map(|number| json!(format!("u{number}"))).collect::<Vec<_>>());

    let newest = json!({ "groupId": "g1", "sortType": 1, "pageSize": 2, "nextpagetoken": "" });
    let page = boss.call("listGroupUser", newest).await;
    assert_eq!(page["userList"][0], json!({ "userId": "u119", "userExtension": "" }));
    let next =
        json!({ "groupId": "g1", "sortType": 1, "pageSize": 2, "nextpagetoken": page["nextpagetoken"] });
    assert_eq!(boss.call("listGroupUser", next).await["userList"][0]["userId"], "u117");
    for first in [json!(-1), json!("-1"), json!(0), json!(null)] {
        let first = json!({ "groupId": "g1", "nextPageToken": first, "pageSize": 1 });
        assert_eq!(boss.call("listGroupUser", first).await["userList"][0]["userId"], "u0");
    }
    for wrong in [
        json!({ "groupId": "g1", "pageSize": 51 }),
        json!({ "groupId": "g1", "sortType": 2 }),
        json!({ "groupId": "g1", "nextPageToken": -2 }),
        json!({}),
    ] {
        assert_eq!(boss.call("listGroupUser", wrong).await["code"], 400);
    }

    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    assert_eq!(anna.call("listGroupUser", json!({ "groupId": "g1" })).await["code"], 403);
    let mut operator = server.open().await;
    let token = server.token_of("operator", "admin", 1_800_003_600);
    operator.ask("connect", json!({ "token": token })).await;
    let page = operator.call("listGroupUser", json!({ "groupId": "g1", "pageSize": 1 })).await;
    assert_eq!(page["userList"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_super_group_is_not_listed() {
    let limits = Limits { super_group_threshold: 2, ..Limits::default() };
    let server = Server::with(quick(), limits).await;
    let at = server.group("g1").await;
    for user in ["a", "b", "c"] {
        server
            .muster
            .rosters()
            .enrol(&server.opened(&at).await, &UserId::new(user).unwrap(), Telling::default())
            .await
            .unwrap();
    }
    let mut boss = server.client("boss").await;
    assert_eq!(boss.call("listGroupUser", json!({ "groupId": "g1" })).await["code"], 443);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_cannot_become_a_super_group_is_listed_without_asking_whether_it_is_one() {
    let server = Server::start().await;
    let query = WalkQuery { order: Order::Ascending, after: None, limit: 10 };
    for (app, asked) in [(&server.first_generation, 0), (&server.app, 1)] {
        let (groups, rosters) = (server.muster.groups(), server.muster.rosters());
        let made = groups.create(app, NewGroup::default()).await.unwrap().group;
        let group = groups.open(app, &made.at.group).await.unwrap();
        let before = server.store.states();
        assert!(rosters.walk(&group, query).await.unwrap().entries.is_empty());
        assert_eq!(server.store.states() - before, asked, "{:?}", app.generation);
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_deleted_after_it_was_opened_takes_nobody_in_and_nothing_said() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let group = server.opened(&at).await;
    server.muster.groups().delete(&server.app, &at.group, None).await.unwrap();
    let user = UserId::new("anna").unwrap();
    let refused = server.muster.rosters().enrol(&group, &user, Telling::GROUP).await;
    assert!(matches!(refused, Err(Error::GroupDeleted(_))), "{refused:?}");
    let refused = server.muster.groups().open(&server.app, &at.group).await;
    assert!(matches!(refused, Err(Error::GroupDeleted(_))), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn presence_names_a_small_groups_connections_and_only_counts_a_large_one() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    let channel = json!({ "channel": "g:g1" });
    for verb in ["presence", "presence_stats", "history"] {
        let error = anna.ask(verb, channel.clone()).await["error"].clone();
        assert_eq!(error["code"], 103, "{verb} before joining");
    }
    anna.join("g1").await;
    server.client("ben").await.join("g1").await;
    let presence = anna.ask("presence", channel.clone()).await["presence"]["presence"].clone();
    let clients: Vec<_> = presence.as_object().unwrap().iter().collect();
    assert_eq!(clients.len(), 2);
    assert!(clients.iter().all(|(id, info)| info["client"] == **id));
    let users: Vec<_> = clients.iter().map(|(_, info)| info["user"].as_str().unwrap()).collect();
    assert!(users.contains(&"anna") && users.contains(&"ben"));
    for number in 0..200 {
        let user = UserId::new(&format!("u{number}")).unwrap();
        server.muster.rosters().enrol(&server.opened(&at).await, &user, Telling::default()).await.unwrap();
    }
    assert_eq!(anna.ask("presence", channel.clone()).await["error"]["code"], 108);
    let stats = anna.ask("presence_stats", channel).await["presence_stats"].clone();
    assert_eq!(stats, json!({ "num_clients": 202, "num_users": 202 }));
}

#[tokio::test(start_paused = true)]
async fn history_is_read_from_either_end_and_from_any_place() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    for number in 1..=10 {
        server.announce(&at, &format!("m{number}")).await;
    }
    let cases = [
        (json!({}), vec![]),
        (json!({ "limit": 0 }), vec![]),
        (json!({ "limit": -1 }), (1..=10).collect()),
        (json!({ "limit": 3 }), vec![1, 2, 3]),
        (json!({ "limit": 3, "reverse": true }), vec![10, 9, 8]),
        (json!({ "limit": 2, "since": { "offset": 4, "epoch": "epoch" } }), vec![5, 6]),
        (json!({ "limit": 2, "since": { "offset": 4, "epoch": "" }, "reverse": true }), vec![3, 2]),
        (json!({ "limit": 2, "since": { "offset": 99 }, "reverse": true }), vec![10, 9]),
        (json!({ "limit": 2, "since": { "offset": 99 } }), vec![]),
        (json!({ "limit": -1, "since": { "offset": 10 } }), vec![]),
        (json!({ "limit": -1, "since": { "offset": 7 } }), vec![8, 9, 10]),
        (json!({ "limit": -1, "since": { "offset": 4 }, "reverse": true }), vec![3, 2, 1]),
        (json!({ "limit": -1, "since": { "offset": 1 }, "reverse": true }), vec![]),
        (json!({ "limit": -1, "reverse": true }), (1..=10).rev().collect()),
        (json!({ "limit": 0, "since": { "offset": 4 } }), vec![]),
        (json!({ "limit": 0, "since": { "offset": 0 }, "reverse": true }), vec![]),
    ];
    for (mut question, expected) in cases {
        question["channel"] = json!("g:g1");
        let history = anna.ask("history", question.clone()).await["history"].clone();
        let offsets: Vec<_> = history["publications"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["offset"].as_u64().unwrap())
            .collect();
        assert_eq!(offsets, expected, "{question}");
        assert_eq!((&history["epoch"], &history["offset"]), (&json!("epoch"), &json!(10)));
    }
    let wrong = json!({ "channel": "g:g1", "limit": 1, "since": { "offset": 1, "epoch": "other" } });
    assert_eq!(anna.ask("history", wrong).await["error"]["code"], 112);
    let wrong = json!({ "channel": "g:g1", "limit": 1, "since": { "offset": 0 }, "reverse": true });
    assert_eq!(anna.ask("history", wrong).await["error"]["code"], 107);
}
