//! What reaches whom.

use std::time::Duration;

use muster_core::{
    bus::{Bus, Notice},
    id::{AppId, MessageId, NodeId, SessionId, SessionRef, UserId},
    message::StreamRef,
};

use crate::support::{Heard, Node, Server, group, left, said};

#[tokio::test]
async fn what_concerns_a_group_reaches_its_followers_and_nobody_else() {
    let server = Server::start("").await;
    let (sender, follower, stranger) =
        (Node::new(&server.url()).await, Node::new(&server.url()).await, Node::new(&server.url()).await);
    let (followed, other) = (group("a.b"), group("a"));
    follower.follow(&followed).await;
    stranger.follow(&other).await;
    let notices = [
        said(&followed, Some(1), "stored"),
        said(&followed, None, "fleeting"),
        left(&followed, 1),
        Notice::Recounted { group: followed.clone() },
        Notice::Joined { group: followed.clone(), user: UserId::new("u").unwrap(), info: Some("i".into()) },
    ];
    for notice in notices.clone() {
        sender.tell(notice).await;
    }
    // All subjects of a server reach a node over one connection: what comes after this has nothing before it.
    sender.tell(left(&other, 2)).await;
    stranger.log.hears(Heard::Notice(left(&other, 2))).await;
    follower.log.until(|heard| heard.len() > notices.len()).await;
    assert_eq!(follower.log.notices(), notices);
    assert_eq!(stranger.log.notices(), [left(&other, 2)]);
}

#[tokio::test]
async fn what_concerns_every_node_reaches_every_node() {
    let server = Server::start("").await;
    let (one, other) = (Node::new(&server.url()).await, Node::new(&server.url()).await);
    let (app, user) = (AppId::new("a").unwrap(), UserId::new("u").unwrap());
    let session = SessionRef { node: NodeId::new("n").unwrap(), session: SessionId::new("s").unwrap() };
    let message = MessageId::new("m").unwrap();
    let mut to_user = said(&group("g"), Some(1), "for one");
    if let Notice::Published { stream, .. } = &mut to_user {
        *stream = StreamRef::User(app.clone(), user.clone());
    }
    let notices = [
        to_user,
        Notice::TakenOut { group: group("g"), user: user.clone() },
        Notice::SignedIn { app: app.clone(), user: user.clone(), session },
        Notice::AcknowledgementWanted {
            app: app.clone(),
            user: user.clone(),
            message: message.clone(),
            by: Some(NodeId::new("n").unwrap()),
        },
        Notice::Acknowledged { app: app.clone(), user: user.clone(), message },
        Notice::UserInfoPut { app: app.clone(), user, info: Some("new".into()) },
        Notice::AppDisabled { app },
        Notice::DirectoryChanged,
    ];
    for notice in notices.clone() {
        one.tell(notice).await;
    }
    other.log.until(|heard| heard.len() >= notices.len()).await;
    assert_eq!(other.log.notices(), notices);
    assert_eq!(one.log.notices(), notices, "its own listeners have each once");
}

#[tokio::test]
async fn notices_of_one_sender_keep_their_order_in_a_group() {
    let server = Server::start("").await;
    let (senders, follower) =
        ([Node::new(&server.url()).await, Node::new(&server.url()).await], Node::new(&server.url()).await);
    let at = group("g");
    follower.follow(&at).await;
    for n in 0..500 {
        senders[0].tell(left(&at, 2 * n)).await;
        senders[1].tell(left(&at, 2 * n + 1)).await;
    }
    follower.log.until(|heard| heard.len() > 1000).await;
    let heard = follower.log.notices();
    for parity in 0..2 {
        let of_sender: Vec<_> = (0..500).map(|n| left(&at, 2 * n + parity)).collect();
        let heard: Vec<_> = heard.iter().filter(|notice| of_sender.contains(notice)).cloned().collect();
        assert_eq!(heard, of_sender);
    }
}

#[tokio::test]
async fn a_group_that_is_followed_no_more_is_silent_and_can_be_followed_again() {
    let server = Server::start("").await;
    let (sender, follower) = (Node::new(&server.url()).await, Node::new(&server.url()).await);
    let (at, next) = (group("g"), group("next"));
    follower.follow(&at).await;
    follower.bus.follow(&at);
    follower.bus.unfollow(&at);
    // By the time that a later wish holds, the earlier one has been seen to.
    follower.follow(&next).await;
    follower.log.forget();
    sender.tell(left(&at, 1)).await;
    sender.tell(left(&next, 2)).await;
    follower.log.hears(Heard::Notice(left(&next, 2))).await;
    assert_eq!(follower.log.notices(), [left(&next, 2)]);
    assert_eq!(follower.figure("bus_followed_groups"), 1);
    follower.follow(&at).await;
    sender.tell(left(&at, 3)).await;
    follower.log.hears(Heard::Notice(left(&at, 3))).await;
}

#[tokio::test]
async fn listeners_hear_when_a_group_is_followed_and_miss_nothing_from_then_on() {
    let server = Server::start("").await;
    let (sender, follower) = (Node::new(&server.url()).await, Node::new(&server.url()).await);
    for n in 0..100 {
        let at = group(&format!("g{n}"));
        follower.follow(&at).await;
        sender.tell(said(&at, None, "hello")).await;
        follower.log.hears(Heard::Notice(said(&at, None, "hello"))).await;
    }
}

#[tokio::test]
async fn following_works_while_somebody_watches_all_subjects() {
    let server = Server::start("").await;
    let watcher = async_nats::connect(server.url()).await.unwrap();
    let _all = watcher.subscribe(">").await.unwrap();
    watcher.flush().await.unwrap();
    let (sender, follower) = (Node::new(&server.url()).await, Node::new(&server.url()).await);
    follower.follow(&group("g")).await;
    sender.tell(left(&group("g"), 1)).await;
    follower.log.hears(Heard::Notice(left(&group("g"), 1))).await;
}

#[tokio::test]
async fn a_message_too_large_for_nats_is_told_by_its_position() {
    let server = Server::start("max_payload: 1024").await;
    let (sender, follower) = (Node::new(&server.url()).await, Node::new(&server.url()).await);
    let at = group("g");
    follower.follow(&at).await;
    let large = said(&at, Some(9), &"x".repeat(2000));
    sender.tell(large.clone()).await;
    assert_eq!(sender.log.notices(), [large], "its own listeners have it whole");
    follower.log.hears(Heard::Reached(StreamRef::Group(at.clone()), 9)).await;
    assert_eq!(follower.log.notices(), []);
    let error = sender.bus.publish(said(&at, None, &"x".repeat(2000))).await.unwrap_err();
    assert!(error.to_string().contains("1024"), "{error}");
    // It has no position to be told by: others have to look everything up.
    follower.log.hears(Heard::Resumed).await;
}

#[tokio::test]
async fn the_position_of_the_last_message_is_told_again() {
    let server = Server::start("").await;
    let (sender, follower) = (Node::new(&server.url()).await, Node::new(&server.url()).await);
    let at = group("g");
    for position in 1..=3 {
        sender.tell(said(&at, Some(position), "missed")).await;
    }
    follower.follow(&at).await;
    follower.log.hears(Heard::Reached(StreamRef::Group(at.clone()), 3)).await;
    assert!(sender.figure("bus_hints") > 0);
}

#[tokio::test]
async fn what_waits_is_handed_over_before_the_bus_closes() {
    let server = Server::start("").await;
    let (sender, follower) = (Node::new(&server.url()).await, Node::new(&server.url()).await);
    let at = group("g");
    follower.follow(&at).await;
    let notices: Vec<_> = (0..1000).map(|n| left(&at, n)).collect();
    for notice in notices.clone() {
        sender.tell(notice).await;
    }
    sender.bus.close(Duration::from_secs(20)).await;
    sender.bus.publish(left(&at, 5)).await.unwrap_err();
    drop(sender);
    follower.log.until(|heard| heard.len() > 1000).await;
    assert_eq!(follower.log.notices(), notices);
}

#[tokio::test]
async fn what_a_later_version_says_is_heard_by_its_head_and_otherwise_counted() {
    let server = Server::start("").await;
    let (sender, follower) = (Node::new(&server.url()).await, Node::new(&server.url()).await);
    let at = group("g");
    follower.follow(&at).await;
    let later = async_nats::connect(server.url()).await.unwrap();
    let stream = r#""stream":{"Group":{"app":"app.1","group":"g"}}"#;
    for (version, kind, said) in [
        (1, b'n', format!(r#"{{"Retracted":{{{stream},"sequence":9,"id":"m"}}}}"#)),
        (1, b'x', format!(r#"{{"Asked":{{{stream},"sequence":10,"to":"node"}}}}"#)),
        (1, b'n', r#"{"Sung":{"loud":true}}"#.to_owned()),
        (1, b'x', "binary".to_owned()),
        (2, b'n', String::new()),
    ] {
        let mut bytes = vec![version, kind, 0, 0, 0, 0, 0, 0, 0, 9];
        bytes.extend(said.as_bytes());
        later.publish("muster.g.app~1.g", bytes.into()).await.unwrap();
    }
    later.flush().await.unwrap();
    sender.tell(left(&at, 1)).await;
    let reached = |position| Heard::Reached(StreamRef::Group(at.clone()), position);
    follower.log.until(|heard| heard.len() > 3 && follower.figure("bus_unknown") == 5).await;
    let mut heard = follower.log.heard();
    heard.retain(|heard| *heard != Heard::Notice(left(&at, 1)));
    assert_eq!(heard, [Heard::Followed(at.clone()), reached(9), reached(10)]);
    assert!(follower.bus.fault().is_none());
}
