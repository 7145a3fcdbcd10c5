use super::*;
use crate::{
    event::{GroupFigures, Happened, SystemMessage},
    mute::{GroupMutes, MuteKind, UserMute},
};

/// Events of version 1 as they were always written, and what they mean. These bytes never change.
fn today() -> [(&'static str, Event); 17] {
    let message = Message {
        id: MessageId::new("m-1").unwrap(),
        kind: 10_001,
        body: "hello \"群\"\n".into(),
        sender: Sender { user: UserId::new("u").unwrap(), info: Some("{}".into()) },
        at: Millis(1_700_000_000_000),
        weight: Weight(-3),
        level: Level(1),
        repeat: RepeatCount::clamped(4),
        total: TypeCount::clamped(9_007_199_254_740_991),
        cached: true,
    };
    let bare = Message {
        sender: Sender { info: None, ..message.sender.clone() },
        body: "".into(),
        cached: false,
        ..message.clone()
    };
    let to_member = Event::ToMember { group: GroupId::new("g").unwrap(), message: bare.clone() };
    let figures = GroupFigures { views: 7, visitors: 0, online: 2, likes: 0, muted: true };
    let exit = |reason| Event::Exit { group: GroupId::new("g").unwrap(), reason };
    let recalled = |place, by| Event::Recalled(Recall { message: MessageId::new("m-1").unwrap(), place, by });
    let changed = |info: Option<&str>, admins: &[&str]| Event::InfoChanged {
        group: GroupId::new("g").unwrap(),
        info: info.map(Arc::from),
        admins: admins.iter().map(|user| UserId::new(user).unwrap()).collect(),
    };
    [
        (
            r#"{"Message":{"id":"m-1","type":10001,"body":"hello \"群\"\n","sender":{"user":"u","info":"{}"},"at":1700000000000,"weight":-3,"level":1,"repeat":4,"total":9007199254740991,"cached":true}}"#,
            Event::Message(message),
        ),
        (
            r#"{"Message":{"id":"m-1","type":10001,"body":"","sender":{"user":"u","info":null},"at":1700000000000,"weight":-3,"level":1,"repeat":4,"total":9007199254740991,"cached":false}}"#,
            Event::Message(bare),
        ),
        (
            r#"{"ToMember":{"group":"g","message":{"id":"m-1","type":10001,"body":"","sender":{"user":"u","info":null},"at":1700000000000,"weight":-3,"level":1,"repeat":4,"total":9007199254740991,"cached":false}}}"#,
            to_member,
        ),
        (r#"{"Exit":{"group":"g","reason":"Dissolved"}}"#, exit(ExitReason::Dissolved)),
        (r#"{"Exit":{"group":"g","reason":"Removed"}}"#, exit(ExitReason::Removed)),
        (
            r#"{"MutesChanged":{"everybody":true,"muted":[{"user":"m","until":null},{"user":"n","until":9}],"spared":[{"user":"s","until":null}]}}"#,
            Event::MutesChanged(mutes()),
        ),
        (
            r#"{"System":{"id":"m-1","group":"g","sender":{"user":"u","info":null},"what":"GroupMuted"}}"#,
            Event::System(system(Happened::GroupMuted)),
        ),
        (
            r#"{"System":{"id":"m-1","group":"g","sender":{"user":"u","info":null},"what":"UserUnmuted","user":"m"}}"#,
            Event::System(system(Happened::UserUnmuted(UserId::new("m").unwrap()))),
        ),
        (
            r#"{"System":{"id":"m-1","group":"g","sender":{"user":"u","info":null},"what":"Joined","figures":{"views":7,"online":2,"muted":true}}}"#,
            Event::System(system(Happened::Joined(Some(figures)))),
        ),
        (
            r#"{"System":{"id":"m-1","group":"g","sender":{"user":"u","info":null},"what":"Left","figures":{"views":7,"online":2,"muted":true,"likes":3,"visitors":5}}}"#,
            Event::System(system(Happened::Left(Some(GroupFigures { likes: 3, visitors: 5, ..figures })))),
        ),
        (
            r#"{"System":{"id":"m-1","group":"g","sender":{"user":"u","info":null},"what":"Liked","likes":3}}"#,
            Event::System(system(Happened::Liked(3))),
        ),
        (
            r#"{"System":{"id":"m-1","group":"g","sender":{"user":"u","info":null},"what":"Left"}}"#,
            Event::System(system(Happened::Left(None))),
        ),
        (
            r#"{"Recalled":{"id":"m-1","place":7,"by":{"user":"boss","info":"{}"}}}"#,
            recalled(Some(7), Some(Sender { user: UserId::new("boss").unwrap(), info: Some("{}".into()) })),
        ),
        (r#"{"Recalled":{"id":"m-1","place":null,"by":null}}"#, recalled(None, None)),
        (
            r#"{"InfoChanged":{"group":"g","info":"open \"群\"","admins":["a","b"]}}"#,
            changed(Some("open \"群\""), &["a", "b"]),
        ),
        (r#"{"InfoChanged":{"group":"g","info":null,"admins":[]}}"#, changed(None, &[])),
        (TOMORROW, Event::Unknown(UnknownEvent(TOMORROW.into()))),
    ]
}

fn mutes() -> GroupMutes {
    let mute = |name, kind, until| (UserId::new(name).unwrap(), UserMute { kind, until });
    let (muted, spared) = (MuteKind::Muted, MuteKind::Spared);
    let users = [mute("m", muted, None), mute("n", muted, Some(Millis(9))), mute("s", spared, None)];
    GroupMutes { everybody: true, users: users.into() }
}

fn system(what: Happened) -> SystemMessage {
    SystemMessage {
        id: MessageId::new("m-1").unwrap(),
        group: GroupId::new("g").unwrap(),
        sender: Sender { user: UserId::new("u").unwrap(), info: None },
        what,
    }
}

/// An event of a later version.
const TOMORROW: &str = r#"{"Muted":{"user":"u","until":18446744073709551615,"rate":1e400}}"#;

#[test]
fn events_of_version_1_are_read_and_written_byte_for_byte() {
    for (json, event) in today() {
        assert_eq!(read(json).unwrap(), event, "{json}");
        assert_eq!(write(&event), json);
        let part: EventForm<Event> = serde_json::from_str(json).unwrap();
        assert_eq!(part.0, event);
        assert_eq!(serde_json::to_string(&EventForm(&event)).unwrap(), json);
        assert_eq!(serde_json::to_string(&EventForm(Arc::new(event))).unwrap(), json);
    }
}

/// Fails to compile when an event is added, of which [`today`] then has to tell.
#[expect(dead_code, reason = "only its exhaustiveness counts")]
fn every_event_is_told_of(event: &Event) {
    match event {
        Event::Message(_)
        | Event::ToMember { .. }
        | Event::Exit { .. }
        | Event::InfoChanged { .. }
        | Event::MutesChanged(_)
        | Event::System(_)
        | Event::Recalled(_)
        | Event::Unknown(_) => {}
    }
}

/// A version that knows of messages alone.
#[derive(Deserialize)]
enum Earlier {
    Message(MessageForm),
}

#[derive(Deserialize)]
enum EarlierName {
    Message(IgnoredAny),
}

impl From<Earlier> for Option<Event> {
    fn from(known: Earlier) -> Self {
        let Earlier::Message(message) = known;
        Some(Event::Message(message.into()))
    }
}

#[test]
fn a_version_that_lacks_an_event_carries_it_on_unchanged() {
    for (json, event) in today() {
        let seen = read_as::<Earlier, EarlierName>(json).unwrap();
        match &event {
            Event::Message(_) => assert_eq!(seen, event),
            _ => {
                assert!(matches!(&seen, Event::Unknown(unknown) if unknown.json() == json), "{seen:?}");
            }
        }
        let carried = write(&seen);
        assert_eq!(carried, json);
        assert_eq!(read(&carried).unwrap(), event, "whoever knows it understands it afterwards");
    }
}

#[test]
fn an_event_of_tomorrow_is_kept_as_it_came() {
    let reason = r#"{"Exit":{"group":"g","reason":"Banned"}}"#;
    for tomorrow in [TOMORROW, reason, r#""Frozen""#, r#"{"Two":1,"Names":2}"#, "7", "null", "[]"] {
        let event = read(tomorrow).unwrap();
        let Event::Unknown(unknown) = &event else { panic!("{event:?}") };
        assert_eq!(unknown.json(), tomorrow);
        assert_eq!(write(&event), tomorrow);
        assert_eq!(serde_json::to_string(&EventForm(&event)).unwrap(), tomorrow);
    }
}

#[test]
fn an_event_of_tomorrow_is_one_line() {
    let event = read("{\"Muted\":\r\n{\"user\":\"a\\nb\"}}").unwrap();
    assert_eq!(write(&event), "{\"Muted\":  {\"user\":\"a\\nb\"}}");
}

#[test]
fn a_field_of_tomorrow_is_passed_over() {
    let event = read(r#"{"Exit":{"group":"g","by":{"user":"u"},"reason":"Removed"}}"#).unwrap();
    assert_eq!(event, Event::Exit { group: GroupId::new("g").unwrap(), reason: ExitReason::Removed });
}

#[test]
fn an_event_of_today_that_does_not_read_is_damaged() {
    for damaged in [
        r#"{"Exit":{"group":"g"}}"#,
        r#"{"Message":7}"#,
        r#"{"Exit":{"group":"","reason":"Removed"}}"#,
        r#"{"Exit":{"group":"g","reason":7}}"#,
        r#"{"Muted":"#,
        "",
    ] {
        assert!(read(damaged).is_err(), "{damaged}");
        assert!(serde_json::from_str::<EventForm<Event>>(damaged).is_err(), "{damaged}");
    }
}

#[test]
fn counts_of_a_version_without_bounds_are_read_as_the_nearest() {
    let (json, _) = &today()[0];
    let json = json.replace("\"repeat\":4,", "\"repeat\":18446744073709551615,");
    let json = json.replace(":9007199254740991,", ":9223372036854775807,");
    let Event::Message(message) = read(&json).unwrap() else { panic!("no message: {json}") };
    assert_eq!((message.repeat, message.total), (RepeatCount::MAX, TypeCount::MAX));
    assert!(read(&json.replace(":9223372036854775807,", ":-1,")).is_err());
}
