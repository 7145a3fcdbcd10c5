use serde_json::{Value, json};

use super::{heard, on, refused, says, server, subscribed, user};

#[tokio::test(start_paused = true)]
async fn what_is_said_reaches_everybody_in_the_channel_with_who_said_it_and_where_it_stands() {
    let server = server(on()).await;
    let (mut ann, mut bob) = (user(&server, "ann").await, user(&server, "bob").await);
    let found = subscribed(&mut ann, "room").await;
    assert_eq!(
        (&found["recoverable"], &found["positioned"], &found["offset"]),
        (&json!(true), &json!(true), &Value::Null)
    );
    subscribed(&mut bob, "room").await;
    says(&mut ann, "room", json!({"n": 1})).await;
    for client in [&mut ann, &mut bob] {
        let push = client.next().await["push"].clone();
        assert_eq!(push["channel"], "room");
        assert_eq!((&push["pub"]["data"], &push["pub"]["offset"]), (&json!({"n": 1}), &json!(1)));
        assert_eq!(push["pub"]["info"]["user"], "ann");
    }
    let past = bob.ask("history", json!({"channel": "room", "limit": -1})).await["history"].clone();
    assert_eq!(
        (&past["offset"], &past["epoch"], &past["publications"][0]["data"]),
        (&json!(1), &found["epoch"], &json!({"n": 1}))
    );
    assert_eq!(bob.ask("unsubscribe", json!({"channel": "room"})).await["unsubscribe"], json!({}));
    assert_eq!(bob.ask("unsubscribe", json!({"channel": "never"})).await["unsubscribe"], json!({}));
    says(&mut ann, "room", json!(2)).await;
    assert_eq!(heard(&mut bob).await, [] as [Value; 0]);
    assert_eq!(refused(&mut bob, "publish", json!({"channel": "room", "data": 1})).await, 103);
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_comes_whole_or_not_at_all_and_may_be_refused_instead() {
    let server = server(on()).await;
    let (mut ann, mut bob) = (user(&server, "ann").await, user(&server, "bob").await);
    let epoch = subscribed(&mut ann, "room").await["epoch"].clone();
    for number in 1..=7 {
        says(&mut ann, "room", json!(number)).await;
    }
    let mut back = async |offset: u64, epoch: &Value, flag: u64| {
        bob.ask("unsubscribe", json!({"channel": "room"})).await;
        let wish =
            json!({"channel": "room", "recover": true, "offset": offset, "epoch": epoch, "flag": flag});
        bob.ask("subscribe", wish).await
    };
    let whole = back(2, &epoch, 0).await["subscribe"].clone();
    assert_eq!(
        (&whole["recovered"], &whole["was_recovering"], &whole["offset"]),
        (&json!(true), &json!(true), &json!(2))
    );
    let data: Vec<_> =
        whole["publications"].as_array().unwrap().iter().map(|one| one["data"].clone()).collect();
    assert_eq!(json!(data), json!([3, 4, 5, 6, 7]));
    for (offset, epoch) in [(1, &epoch), (8, &epoch), (5, &json!("another"))] {
        let none = back(offset, epoch, 1).await["subscribe"].clone();
        assert_eq!(
            (&none["recovered"], &none["was_recovering"], &none["offset"]),
            (&Value::Null, &json!(true), &json!(7))
        );
        assert_eq!(none["publications"], Value::Null);
        assert_eq!(back(offset, epoch, 3).await["error"]["code"], 112);
    }
    assert_eq!(
        refused(&mut bob, "publish", json!({"channel": "room", "data": 1})).await,
        103,
        "it is not subscribed"
    );
}

#[tokio::test(start_paused = true)]
async fn joins_and_leaves_are_told_behind_the_answer_and_when_a_connection_breaks() {
    let server = server(on()).await;
    let (mut ann, mut bob) = (user(&server, "ann").await, user(&server, "bob").await);
    subscribed(&mut ann, "told:room").await;
    assert_eq!(ann.next().await["push"]["join"]["info"]["user"], "ann");
    let id = bob.send("subscribe", json!({"channel": "told:room"})).await;
    assert_eq!(bob.next().await["id"], id, "the answer comes first");
    assert_eq!(bob.next().await["push"]["join"]["info"]["user"], "bob");
    assert_eq!(ann.next().await["push"]["join"]["info"]["user"], "bob");
    let stats = ann.ask("presence_stats", json!({"channel": "told:room"})).await;
    assert_eq!(stats["presence_stats"], json!({"num_clients": 2, "num_users": 2}));
    let present = ann.ask("presence", json!({"channel": "told:room"})).await;
    assert_eq!(present["presence"]["presence"].as_object().unwrap().len(), 2);
    bob.drop_link();
    let left = ann.next().await["push"].clone();
    assert_eq!((&left["channel"], &left["leave"]["info"]["user"]), (&json!("told:room"), &json!("bob")));
    let stats = ann.ask("presence_stats", json!({"channel": "told:room"})).await;
    assert_eq!(stats["presence_stats"], json!({"num_clients": 1, "num_users": 1}));
}

#[tokio::test(start_paused = true)]
async fn a_namespace_says_what_may_be_done_and_there_are_no_others() {
    let server = server(on()).await;
    let mut ann = user(&server, "ann").await;
    for (channel, code) in [
        ("closed:a", 103),
        ("$room", 103),
        ("nowhere:a", 102),
        ("g:1", 102),
        ("u:ann", 102),
        ("é", 107),
        (&*"a".repeat(256), 107),
    ] {
        assert_eq!(refused(&mut ann, "subscribe", json!({"channel": channel})).await, code, "{channel}");
    }
    for verb in ["presence", "presence_stats", "history"] {
        assert_eq!(refused(&mut ann, verb, json!({"channel": "closed:a"})).await, 108, "{verb}");
        assert_eq!(refused(&mut ann, verb, json!({"channel": "room"})).await, 103, "{verb}");
        assert_eq!(refused(&mut ann, verb, json!({"channel": "g:1"})).await, 102, "{verb}");
    }
    subscribed(&mut ann, "room").await;
    assert_eq!(refused(&mut ann, "subscribe", json!({"channel": "room"})).await, 105);
    assert_eq!(refused(&mut ann, "subscribe", json!({"channel": "other", "type": 1})).await, 108);
    assert_eq!(refused(&mut ann, "publish", json!({"channel": "room", "data": null})).await, 107);
    assert_eq!(refused(&mut ann, "rpc", json!({"method": "queryGroup", "data": {}})).await, 108);
    let wrong = json!({"channel": "room", "limit": 1, "reverse": true, "since": {"offset": 0, "epoch": ""}});
    assert_eq!(refused(&mut ann, "history", wrong).await, 107);
    let other = json!({"channel": "room", "limit": 1, "since": {"offset": 0, "epoch": "another"}});
    assert_eq!(refused(&mut ann, "history", other).await, 112);
}

#[tokio::test(start_paused = true)]
async fn what_breaks_the_protocol_closes_the_connection() {
    let server = server(on()).await;
    for (command, code) in [
        (json!({"id": 9, "subscribe": {"channel": ""}}), 3501),
        (json!({"id": 9, "subscribe": {"channel": "a", "delta": "other"}}), 3501),
        (json!({"id": 9, "connect": {}}), 3501),
        (json!({"id": 9, "refresh": {}}), 3501),
        (json!({"id": 9, "refresh": {"token": "invalid"}}), 3500),
        (json!({"id": 9, "sub_refresh": {"channel": "a", "token": "invalid"}}), 3500),
        (json!({"send": {"data": 1}}), 3508),
    ] {
        let mut client = user(&server, "ann").await;
        client.send_text(&command.to_string()).await;
        assert_eq!(client.ended().await.code, code, "{command}");
    }
}
