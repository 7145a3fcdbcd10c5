use std::sync::Arc;

use muster_core::{
    id::{AppId, GroupId, GroupRef, MessageId, NodeId, SessionId, SessionRef, UserId},
    message::{Event, ExitReason, Message, Sender},
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
        weight,
        level,
        repeat: RepeatCount::clamped(repeat),
        total: TypeCount::clamped(total),
        cached,
    })
}

/// An event of a later version.
fn tomorrow() -> Event {
    serde_json::from_str(r#"{"Muted":{"user":"u","until":18446744073709551615}}"#).unwrap()
}

fn event() -> impl Strategy<Value = Event> {
    let reason = prop_oneof![Just(ExitReason::Dissolved), Just(ExitReason::Removed)];
    prop_oneof![
        message().prop_map(Event::Message),
        (id::<GroupId>(), reason).prop_map(|(group, reason)| Event::Exit { group, reason }),
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
        group().prop_map(|group| Notice::Recounted { group }),
        id::<AppId>().prop_map(|app| Notice::AppDisabled { app }),
        Just(Notice::DirectoryChanged),
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
    fn positions_survive_the_way(sender: u64, streams in prop::collection::vec((stream(), any::<u64>()), 0..4)) {
        let bytes = reached(sender, &streams).unwrap();
        prop_assert_eq!(decode(&bytes).unwrap(), (sender, Content::Reached(streams)));
    }

    #[test]
    fn bytes_of_any_other_kind_are_unreadable_and_nothing_worse(bytes: Vec<u8>) {
        let _ = decode(&bytes);
        let mut bytes = bytes;
        bytes.splice(..0, [VERSION, NOTICE, 0, 0, 0, 0, 0, 0, 0, 0]);
        prop_assert!(decode(&bytes).is_err());
    }
}

#[test]
fn what_a_newer_version_says_is_told_apart() {
    assert_eq!(decode(&lost(5)).unwrap(), (5, Content::Lost));
    assert!(matches!(decode(&[]), Err(Unreadable::Short)));
    assert!(matches!(decode(&[VERSION, NOTICE, 1]), Err(Unreadable::Short)));
    let mut newer = lost(5);
    newer[1] = b'?';
    assert!(matches!(decode(&newer), Err(Unreadable::Kind(b'?'))));
    newer[0] = VERSION + 1;
    assert!(matches!(decode(&newer), Err(Unreadable::Version(2))));
    let mut unheard_of = header(5, NOTICE);
    unheard_of.extend(br#"{"Sung":{"loud":true}}"#);
    assert!(matches!(decode(&unheard_of), Err(Unreadable::Content(_))));
}
