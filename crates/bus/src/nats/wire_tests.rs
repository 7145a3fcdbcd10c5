use std::sync::Arc;

use bytes::Bytes;
use muster_core::{
    bus::ConnectionKey,
    event::{Event, form},
    id::{AppId, GroupId, GroupRef, MessageId, NodeId, SessionId, SessionRef, UserId},
    message::{ExitReason, Level, Message, Sender, Weight},
    number::{RepeatCount, TypeCount},
    time::Millis,
};
use proptest::{option, prelude::*};

use super::*;

fn id<T: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    "[A-Za-z0-9_.-]{1,64}".prop_map(|text| text.parse().unwrap())
}

fn text() -> impl Strategy<Value = Arc<str>> {
    any::<String>().prop_map(Into::into)
}

fn group() -> impl Strategy<Value = GroupRef> {
    (id::<AppId>(), id::<GroupId>()).prop_map(|(app, group)| GroupRef::new(app, group))
}

fn stream() -> impl Strategy<Value = StreamRef> {
    prop_oneof![
        group().prop_map(StreamRef::Group),
        (id::<AppId>(), id::<UserId>()).prop_map(|(app, user)| StreamRef::User(app, user)),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let sender = (id::<UserId>(), option::of(text())).prop_map(|(user, info)| Sender { user, info });
    let head = (id::<MessageId>(), any::<i64>(), text(), sender, any::<i64>());
    let tail = (any::<i64>(), any::<i64>(), any::<u64>(), any::<u64>(), any::<bool>());
    (head, tail).prop_map(|((id, kind, body, sender, at), (weight, level, repeat, total, cached))| Message {
        id,
        kind,
        body,
        sender,
        at: Millis(at),
        weight: Weight(weight),
        level: Level(level),
        repeat: RepeatCount::clamped(repeat),
        total: TypeCount::clamped(total),
        cached,
    })
}

/// An event of a later version.
fn tomorrow() -> Event {
    form::read(r#"{"Muted":{"user":"u","until":18446744073709551615}}"#).unwrap()
}

fn event() -> impl Strategy<Value = Event> {
    let reason = prop_oneof![Just(ExitReason::Dissolved), Just(ExitReason::Removed)];
    prop_oneof![
        message().prop_map(Event::Message),
        (id::<GroupId>(), message()).prop_map(|(group, message)| Event::ToMember { group, message }),
        (id::<GroupId>(), reason).prop_map(|(group, reason)| Event::Exit { group, reason }),
        (id::<GroupId>(), option::of(text()), prop::collection::vec(id::<UserId>(), 0..4))
            .prop_map(|(group, info, admins)| Event::InfoChanged { group, info, admins }),
        Just(tomorrow()),
    ]
}

fn any_notice() -> impl Strategy<Value = Notice> {
    let session =
        (id::<NodeId>(), id::<SessionId>()).prop_map(|(node, session)| SessionRef { node, session });
    prop_oneof![
        (stream(), any::<Option<u64>>(), event(), any::<i64>()).prop_map(|(stream, sequence, event, at)| {
            Notice::Published { stream, sequence, event: Arc::new(event), at: Millis(at) }
        }),
        (group(), id::<UserId>(), option::of(text())).prop_map(|(group, user, info)| Notice::Joined {
            group,
            user,
            info
        }),
        (group(), id::<UserId>()).prop_map(|(group, user)| Notice::Left { group, user }),
        (group(), id::<UserId>()).prop_map(|(group, user)| Notice::TakenOut { group, user }),
        (id::<AppId>(), id::<UserId>(), session).prop_map(|(app, user, session)| Notice::SignedIn {
            app,
            user,
            session
        }),
        (id::<AppId>(), id::<UserId>(), id::<MessageId>(), option::of(id::<NodeId>()))
            .prop_map(|(app, user, message, by)| Notice::AcknowledgementWanted { app, user, message, by }),
        (id::<AppId>(), id::<UserId>(), id::<MessageId>())
            .prop_map(|(app, user, message)| Notice::Acknowledged { app, user, message }),
        (id::<AppId>(), id::<UserId>(), option::of(text()))
            .prop_map(|(app, user, info)| Notice::UserInfoPut { app, user, info }),
        group().prop_map(|group| Notice::Recounted { group }),
        id::<AppId>().prop_map(|app| Notice::AppDisabled { app }),
        Just(Notice::DirectoryChanged),
    ]
}

fn any_letter() -> impl Strategy<Value = Letter> {
    prop_oneof![
        any_notice().prop_map(Letter::Notice),
        (any::<String>(), any::<Vec<u8>>()).prop_map(|(key, commands)| Letter::Commands {
            connection: ConnectionKey::new(&key),
            commands: commands.into(),
        }),
    ]
}

/// Fails to compile when a kind of notice is added, which [`any_notice`] then has to make.
#[expect(dead_code, reason = "only its exhaustiveness counts")]
fn every_kind_is_made(notice: &Notice) {
    match notice {
        Notice::Published { .. }
        | Notice::Joined { .. }
        | Notice::Left { .. }
        | Notice::TakenOut { .. }
        | Notice::SignedIn { .. }
        | Notice::AcknowledgementWanted { .. }
        | Notice::Acknowledged { .. }
        | Notice::UserInfoPut { .. }
        | Notice::Recounted { .. }
        | Notice::AppDisabled { .. }
        | Notice::DirectoryChanged => {}
    }
}

proptest! {
    #[test]
    fn every_notice_survives_the_way(sender: u64, told in any_notice()) {
        let bytes = notice(sender, &told).unwrap();
        prop_assert_eq!(decode(&bytes).unwrap(), (sender, Content::Notice(told)));
    }

    #[test]
    fn every_letter_survives_the_way(sender: u64, sent in any_letter()) {
        let expected = match &sent {
            Letter::Notice(told) => Content::Notice(told.clone()),
            other => Content::Letter(other.clone()),
        };
        prop_assert_eq!(decode(&letter(sender, &sent).unwrap()).unwrap(), (sender, expected));
    }

    #[test]
    fn positions_survive_the_way(sender: u64, streams in prop::collection::vec((stream(), any::<u64>()), 0..4)) {
        let bytes = reached(sender, &streams).unwrap();
        prop_assert_eq!(decode(&bytes).unwrap(), (sender, Content::Reached(streams)));
    }

    #[test]
    fn bytes_of_any_other_kind_say_nothing_and_nothing_worse(bytes: Vec<u8>) {
        let _ = decode(&bytes);
        let (_, content) = decode(&message_of(NOTICE, &bytes)).unwrap();
        prop_assert!(matches!(content, Content::Unknown(Head { reached: None, .. })), "{:?}", content);
    }

    #[test]
    fn of_a_notice_of_tomorrow_the_position_is_heard_whatever_else_it_says(
        stream in stream(), position: u64, name in "[A-Z][a-z]{3,30}ed", more in any::<String>(), kind in prop_oneof![Just(NOTICE), Just(b'?')]
    ) {
        let said = serde_json::json!({
            "group": more, "stream": json(&stream), "more": { "stream": more }, "sequence": position, "event": [more],
        });
        let content = serde_json::to_vec(&serde_json::json!({ &name: said })).unwrap();
        let (_, content) = decode(&message_of(kind, &content)).unwrap();
        prop_assert_eq!(content, unknown(&name, Some((stream, position))));
    }
}

/// A message of sender 7.
fn message_of(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = header(7, kind);
    bytes.extend(content);
    bytes
}

fn json(stream: &StreamRef) -> serde_json::Value {
    serde_json::to_value(StreamForm::from(stream)).unwrap()
}

fn unknown(name: &str, reached: Option<(StreamRef, Sequence)>) -> Content {
    Content::Unknown(Head { name: name.chars().take(40).collect(), reached })
}

fn at() -> GroupRef {
    GroupRef::new(AppId::new("a").unwrap(), GroupId::new("g").unwrap())
}

fn user() -> UserId {
    UserId::new("u").unwrap()
}

fn published(sequence: Option<Sequence>, event: Event) -> Notice {
    Notice::Published { stream: StreamRef::Group(at()), sequence, event: Arc::new(event), at: Millis(9) }
}

/// The messages of version 1 as they were always sent, and what they mean. These bytes never change: nodes of the version
/// before send them, and hear them, during an upgrade.
fn today() -> Vec<(u8, &'static str, Content)> {
    let said = Event::Message(Message {
        id: MessageId::new("m").unwrap(),
        kind: 10_001,
        body: "群 \"x\"".into(),
        sender: Sender { user: user(), info: Some("i".into()) },
        at: Millis(8),
        weight: Weight::LIKE,
        level: Level::NORMAL,
        repeat: RepeatCount::clamped(1),
        total: TypeCount::clamped(2),
        cached: true,
    });
    let app = AppId::new("a").unwrap();
    let exit = Event::Exit { group: GroupId::new("g").unwrap(), reason: ExitReason::Removed };
    let to_user = Notice::Published {
        stream: StreamRef::User(app.clone(), user()),
        sequence: Some(4),
        event: Arc::new(exit),
        at: Millis(9),
    };
    let session = SessionRef { node: NodeId::new("n").unwrap(), session: SessionId::new("s").unwrap() };
    let notices = [
        (
            r#"{"Published":{"stream":{"Group":{"app":"a","group":"g"}},"sequence":3,"event":{"Message":{"id":"m","type":10001,"body":"群 \"x\"","sender":{"user":"u","info":"i"},"at":8,"weight":1,"level":0,"repeat":1,"total":2,"cached":true}},"at":9}}"#,
            published(Some(3), said),
        ),
        (
            r#"{"Published":{"stream":{"User":["a","u"]},"sequence":4,"event":{"Exit":{"group":"g","reason":"Removed"}},"at":9}}"#,
            to_user,
        ),
        (
            r#"{"Published":{"stream":{"Group":{"app":"a","group":"g"}},"sequence":null,"event":{"Muted":{"user":"u","until":18446744073709551615}},"at":9}}"#,
            published(None, tomorrow()),
        ),
        (
            r#"{"Joined":{"group":{"app":"a","group":"g"},"user":"u","info":null}}"#,
            Notice::Joined { group: at(), user: user(), info: None },
        ),
        (
            r#"{"Left":{"group":{"app":"a","group":"g"},"user":"u"}}"#,
            Notice::Left { group: at(), user: user() },
        ),
        (
            r#"{"TakenOut":{"group":{"app":"a","group":"g"},"user":"u"}}"#,
            Notice::TakenOut { group: at(), user: user() },
        ),
        (
            r#"{"SignedIn":{"app":"a","user":"u","session":{"node":"n","session":"s"}}}"#,
            Notice::SignedIn { app: app.clone(), user: user(), session },
        ),
        (
            r#"{"AcknowledgementWanted":{"app":"a","user":"u","message":"m"}}"#,
            Notice::AcknowledgementWanted {
                app: app.clone(),
                user: user(),
                message: MessageId::new("m").unwrap(),
                by: None,
            },
        ),
        (
            r#"{"AcknowledgementWanted":{"app":"a","user":"u","message":"m","by":"n"}}"#,
            Notice::AcknowledgementWanted {
                app: app.clone(),
                user: user(),
                message: MessageId::new("m").unwrap(),
                by: Some(NodeId::new("n").unwrap()),
            },
        ),
        (
            r#"{"Acknowledged":{"app":"a","user":"u","message":"m"}}"#,
            Notice::Acknowledged { app: app.clone(), user: user(), message: MessageId::new("m").unwrap() },
        ),
        (
            r#"{"UserInfoPut":{"app":"a","user":"u","info":"new"}}"#,
            Notice::UserInfoPut { app: app.clone(), user: user(), info: Some("new".into()) },
        ),
        (r#"{"Recounted":{"group":{"app":"a","group":"g"}}}"#, Notice::Recounted { group: at() }),
        (r#"{"AppDisabled":{"app":"a"}}"#, Notice::AppDisabled { app: app.clone() }),
        (r#""DirectoryChanged""#, Notice::DirectoryChanged),
    ];
    let mut messages: Vec<_> =
        notices.into_iter().map(|(json, notice)| (NOTICE, json, Content::Notice(notice))).collect();
    let positions = vec![(StreamRef::Group(at()), 3), (StreamRef::User(app, user()), u64::MAX)];
    messages.push((
        REACHED,
        r#"[[{"Group":{"app":"a","group":"g"}},3],[{"User":["a","u"]},18446744073709551615]]"#,
        Content::Reached(positions),
    ));
    messages.push((LOST, "", Content::Lost));
    let commands =
        Letter::Commands { connection: ConnectionKey::new("k"), commands: Bytes::from_static(b"{}\n\xff") };
    messages.push((
        LETTER,
        r#"{"Commands":{"connection":"k","commands":"e30K/w=="}}"#,
        Content::Letter(commands),
    ));
    let receipts = [
        (r#""Taken""#, Ok(Receipt::Taken)),
        (r#""NoConnection""#, Ok(Receipt::NoConnection)),
        (r#""Full""#, Ok(Receipt::Full)),
        (r#""NotUnderstood""#, Err(NoReceipt::NotUnderstood)),
        (r#"{"TooLarge":9}"#, Err(NoReceipt::TooLarge(9))),
    ];
    let asked = Question::Overview { since: Millis(-1) };
    messages.push((QUESTION, r#"{"Overview":{"since":-1}}"#, Content::Question(asked)));
    messages.push((TOLD, "{\"x\": 群}", Content::Told(Bytes::from("{\"x\": 群}"))));
    messages.extend(receipts.into_iter().map(|(json, of)| (RECEIPT, json, Content::Receipt(of))));
    messages
}

#[test]
fn messages_of_version_1_are_read_and_sent_byte_for_byte() {
    for (kind, json, content) in today() {
        let mut bytes = vec![1, kind, 0, 0, 0, 0, 0, 0, 0, 7];
        bytes.extend(json.as_bytes());
        let sent = match &content {
            Content::Notice(told) => notice(7, told).unwrap(),
            Content::Reached(streams) => reached(7, streams).unwrap(),
            Content::Lost => lost(7),
            Content::Letter(sent) => letter(7, sent).unwrap(),
            Content::Receipt(Err(NoReceipt::TooLarge(size))) => too_large(7, *size).unwrap(),
            Content::Receipt(of) => receipt(7, of.clone().ok()).unwrap(),
            Content::Question(asked) => question(7, *asked).unwrap(),
            Content::Told(answer) => told(7, answer),
            Content::Unknown(head) => panic!("{head:?}"),
        };
        assert_eq!(String::from_utf8_lossy(&sent), String::from_utf8_lossy(&bytes));
        assert_eq!(decode(&bytes).unwrap(), (7, content));
    }
    assert_eq!([NOTICE, REACHED, LOST, LETTER, RECEIPT, QUESTION, TOLD], *b"nrlcait");
}

#[test]
fn a_notice_of_tomorrow_about_a_group_tells_how_far_the_groups_stream_is() {
    let reached = |json: &str| decode(&message_of(NOTICE, json.as_bytes())).unwrap().1;
    let retracted = r#"{"Retracted":{"group":{"app":"a","group":"g"},"sequence":9,"by":"u"}}"#;
    assert_eq!(reached(retracted), unknown("Retracted", Some((StreamRef::Group(at()), 9))));
    // One of today whose rest has changed, or is damaged, is no worse.
    let published =
        r#"{"Published":{"stream":{"Group":{"app":"a","group":"g"}},"sequence":9,"event":{"Message":7}}}"#;
    assert_eq!(reached(published), unknown("Published", Some((StreamRef::Group(at()), 9))));
}

#[test]
fn what_has_no_head_is_told_apart_by_its_name() {
    for (json, name) in [
        (r#"{"Sung":{"loud":true}}"#, "Sung"),
        (r#""Sung""#, "Sung"),
        (r#"{"Sung":null}"#, "Sung"),
        (r#"{"Sung":{"stream":{"Topic":"t"},"sequence":9}}"#, "Sung"),
        (r#"{"Sung":{"stream":{"User":["a","u"]},"sequence":null}}"#, "Sung"),
        (r#"{"Joined":{"group":{"app":"a","group":"g"}}}"#, "Joined"),
        (r#"{"Two":{},"Names":{}}"#, "kind 110"),
        ("", "kind 110"),
    ] {
        assert_eq!(decode(&message_of(NOTICE, json.as_bytes())).unwrap(), (7, unknown(name, None)), "{json}");
    }
}

#[test]
fn positions_of_streams_of_tomorrow_are_passed_over_and_the_others_heard() {
    let list = br#"[[{"Topic":"t"},1],[{"User":["a","u"]},2],[{"User":["a","v"]}],7]"#;
    let known = vec![(StreamRef::User(AppId::new("a").unwrap(), user()), 2)];
    assert_eq!(decode(&message_of(REACHED, list)).unwrap(), (7, Content::Reached(known)));
    assert_eq!(decode(&message_of(REACHED, b"{}")).unwrap(), (7, unknown("kind 114", None)));
}

#[test]
fn what_a_newer_version_says_is_told_apart() {
    assert!(matches!(decode(&[]), Err(Unreadable::Short)));
    assert!(matches!(decode(&[VERSION, NOTICE, 1]), Err(Unreadable::Short)));
    let mut newer = message_of(b'?', b"binary \xff");
    assert_eq!(decode(&newer).unwrap(), (7, unknown("kind 63", None)));
    newer[0] = VERSION + 1;
    assert!(matches!(decode(&newer), Err(Unreadable::Version(2))));
}
