//! What is said through business numbers.

use muster_core::{
    chat::ChatGroup,
    chat_message::{
        Author, ChatMessage, ChatMessageQuery, Content, Conversation, Media, MessageFilter, MessageStatus,
        Pace, PinDays, Since,
    },
    group::{Deletion, Window},
    id::{GroupId, MessageId},
    store::{ChatMessageAdded, Store, Stretch},
    time::Millis,
};

use crate::{
    chats::{channel, chat, furnished, phone},
    make::{alone, app_id, at},
    place::Place,
};

over_every_store!(
    a_message_is_found_as_it_was_said,
    a_message_needs_its_channel_and_its_group,
    a_person_writes_no_more_messages_than_it_may,
    a_message_changes_from_where_it_was_found,
    messages_are_listed_newest_first_and_filtered,
    a_participant_reads_what_is_said_in_the_group_and_to_it_alone,
    reactions_and_pins_are_found_by_what_they_are_about,
    messages_go_with_age_and_with_a_purged_group,
    several_messages_at_once_are_read_in_the_order_of_their_places,
);

const NUMBER: &str = "8613800138000";
const ANN: &str = "8613900000001";
const BEN: &str = "8613900000002";

/// What the business says in a group.
pub(crate) fn said(id: &str, group: &str, time: i64) -> ChatMessage {
    ChatMessage {
        id: MessageId::new(id).unwrap(),
        channel: app_id("c"),
        number: phone(NUMBER),
        conversation: Conversation::Group(GroupId::new(group).unwrap()),
        author: Author::Business,
        content: Content::Text("hello 群\0".into()),
        reply_to: None,
        task: None,
        status: MessageStatus::Accepted,
        fault: None,
        provider_id: None,
        at: Millis(time),
    }
}

/// What somebody writes there.
pub(crate) fn wrote(id: &str, group: &str, who: &str, time: i64) -> ChatMessage {
    let author = Author::Person { number: phone(who), name: Some("Ann\0".into()) };
    ChatMessage { author, status: MessageStatus::Received, ..said(id, group, time) }
}

/// What the business says to one person.
pub(crate) fn told(id: &str, who: &str, time: i64) -> ChatMessage {
    ChatMessage { conversation: Conversation::Person(phone(who)), ..said(id, "none", time) }
}

pub(crate) async fn add(store: &dyn Store, message: ChatMessage) {
    let added = store.records().add_chat_message(message, None, alone()).await.unwrap();
    assert!(matches!(added, ChatMessageAdded::Added(_)), "{added:?}");
}

pub(crate) async fn with_group(store: &dyn Store, id: &str) {
    assert!(store.records().create_chat_group(chat(id), alone()).await.unwrap().is_some());
}

async fn read(
    store: &dyn Store,
    group: &ChatGroup,
    who: &str,
    stretch: Stretch,
    limit: usize,
) -> Vec<String> {
    let found =
        store.records().conversation(group, &phone(who), Since::default(), stretch, limit).await.unwrap();
    assert!(found.is_sorted_by_key(|(place, _)| *place));
    found.into_iter().map(|(_, message)| message.id.to_string()).collect()
}

async fn a_message_is_found_as_it_was_said(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    with_group(&*store, "g").await;
    let rich = ChatMessage {
        content: Content::Image(Media { link: "https://a/b".into(), caption: Some("c\0".into()) }),
        reply_to: Some(MessageId::new("m0").unwrap()),
        task: Some("task\0".into()),
        status: MessageStatus::Failed,
        fault: Some("why\0".into()),
        provider_id: Some("wamid.1".into()),
        ..said("m1", "g", 5)
    };
    let all = [rich.clone(), wrote("m2", "g", ANN, 6), told("m3", BEN, 7)];
    for message in &all {
        add(&*store, message.clone()).await;
    }
    let again = store.records().add_chat_message(all[0].clone(), None, alone()).await;
    assert!(again.is_err(), "an id stands for one message");
    let store = place.again(store);
    for message in &all {
        assert_eq!(
            store.records().chat_message(&app_id("c"), &message.id).await.unwrap().as_ref(),
            Some(message)
        );
    }
    let provided = store.records().provided_chat_message(&app_id("c"), "wamid.1").await.unwrap();
    assert_eq!(provided, Some(rich));
    assert_eq!(store.records().chat_message(&app_id("d"), &all[0].id).await.unwrap(), None);
}

async fn a_message_needs_its_channel_and_its_group(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    let added = async |message| store.records().add_chat_message(message, None, alone()).await.unwrap();
    assert_eq!(added(said("m1", "g", 5)).await, ChatMessageAdded::NoGroup);
    assert!(matches!(added(told("m2", ANN, 5)).await, ChatMessageAdded::Added(_)));
    store.records().delete_channel(&app_id("c"), Millis(9), alone()).await.unwrap();
    assert_eq!(added(told("m3", ANN, 5)).await, ChatMessageAdded::NoChannel);
    let nowhere = ChatMessage { channel: app_id("none"), ..told("m4", ANN, 5) };
    assert_eq!(added(nowhere).await, ChatMessageAdded::NoChannel);
}

async fn a_person_writes_no_more_messages_than_it_may(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    for group in ["g", "h"] {
        with_group(&*store, group).await;
    }
    let write = async |id: &str, group: &str, who: &str, time: i64| {
        let pace = Some(Pace { most: 2, since: Millis(time - 100) });
        let added =
            store.records().add_chat_message(wrote(id, group, who, time), pace, alone()).await.unwrap();
        matches!(added, ChatMessageAdded::Added(_))
    };
    add(&*store, told("m0", ANN, 999)).await;
    assert!(write("m1", "g", ANN, 1_000).await);
    assert!(write("m2", "h", ANN, 1_050).await);
    assert!(!write("m3", "g", ANN, 1_060).await, "in all groups together");
    assert!(write("m4", "g", BEN, 1_060).await);
    assert!(write("m5", "g", ANN, 1_100).await, "the first is over a time ago");
    assert!(!write("m6", "g", ANN, 1_101).await);
}

async fn a_message_changes_from_where_it_was_found(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    with_group(&*store, "g").await;
    let before = said("m1", "g", 5);
    add(&*store, before.clone()).await;
    let after =
        ChatMessage { status: MessageStatus::Sent, provider_id: Some("wamid.1".into()), ..before.clone() };
    let change = async || store.records().change_chat_message(&before, after.clone(), alone()).await.unwrap();
    assert!(change().await.is_some());
    assert!(change().await.is_none(), "it stands elsewhere by now");
    let found = store.records().chat_message(&app_id("c"), &before.id).await.unwrap();
    assert_eq!(found, Some(after));
}

async fn messages_are_listed_newest_first_and_filtered(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    store.records().create_channel(channel("d"), None, alone()).await.unwrap();
    with_group(&*store, "g").await;
    add(&*store, said("m1", "g", 10)).await;
    add(&*store, wrote("m2", "g", ANN, 20)).await;
    add(&*store, told("m3", BEN, 30)).await;
    add(&*store, ChatMessage { number: phone("8613800138001"), ..told("m4", BEN, 40) }).await;
    add(&*store, ChatMessage { channel: app_id("d"), ..told("m5", BEN, 50) }).await;
    let all = MessageFilter::default();
    let listed = async |filter: MessageFilter, skip, limit| {
        let query = ChatMessageQuery { channel: app_id("c"), number: phone(NUMBER), filter };
        let found = store.records().chat_messages(&query, Window { skip, limit }).await.unwrap();
        found.into_iter().map(|message| message.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(listed(all.clone(), 0, 9).await, ["m3", "m2", "m1"]);
    assert_eq!(listed(all.clone(), 1, 1).await, ["m2"]);
    let of = |other: &str| MessageFilter { other: Some(other.into()), ..all.clone() };
    assert_eq!(listed(of(ANN), 0, 9).await, ["m2"]);
    assert_eq!(listed(of("g"), 0, 9).await, ["m2", "m1"]);
    for (inbound, expected) in [(true, vec!["m2"]), (false, vec!["m3", "m1"])] {
        assert_eq!(listed(MessageFilter { inbound: Some(inbound), ..all.clone() }, 0, 9).await, expected);
    }
    let status = Some(MessageStatus::Received);
    assert_eq!(listed(MessageFilter { status, ..all.clone() }, 0, 9).await, ["m2"]);
    let between = MessageFilter { from: Some(Millis(20)), until: Some(Millis(20)), ..all };
    assert_eq!(listed(between, 0, 9).await, ["m2"]);
}

async fn a_participant_reads_what_is_said_in_the_group_and_to_it_alone(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    for group in ["g", "h"] {
        with_group(&*store, group).await;
    }
    add(&*store, said("m1", "g", 10)).await;
    add(&*store, said("m2", "h", 10)).await;
    add(&*store, told("m3", ANN, 10)).await;
    add(&*store, told("m4", BEN, 10)).await;
    add(&*store, wrote("m5", "g", BEN, 10)).await;
    add(&*store, wrote("m6", "h", ANN, 10)).await;
    add(&*store, ChatMessage { number: phone("8613800138001"), ..told("m7", ANN, 10) }).await;
    let group = chat("g");
    assert_eq!(read(&*store, &group, ANN, Stretch::Latest, 9).await, ["m1", "m3", "m5"]);
    assert_eq!(read(&*store, &group, BEN, Stretch::Latest, 2).await, ["m4", "m5"]);
    assert_eq!(read(&*store, &group, BEN, Stretch::After(0), 2).await, ["m1", "m4"]);
    let seen = store
        .records()
        .conversation(&group, &phone(ANN), Since::default(), Stretch::After(0), 1)
        .await
        .unwrap();
    assert_eq!(read(&*store, &group, ANN, Stretch::After(seen[0].0), 9).await, ["m3", "m5"]);
    let last =
        store.records().chat_message_place(&app_id("c"), &MessageId::new("m5").unwrap()).await.unwrap();
    let before = Stretch::Before(last.unwrap());
    assert_eq!(read(&*store, &group, ANN, before, 9).await, ["m1", "m3"]);
    assert_eq!(read(&*store, &group, ANN, before, 1).await, ["m3"], "those that are nearest");
    assert_eq!(read(&*store, &group, ANN, Stretch::Before(seen[0].0), 9).await, [""; 0]);
    let unknown = store.records().chat_message_place(&app_id("d"), &MessageId::new("m5").unwrap()).await;
    assert_eq!(unknown.unwrap(), None);
    // What was said to whoever had the number before is not for whoever has it now.
    let latest =
        store.records().conversation(&group, &phone(ANN), Since::default(), Stretch::Latest, 1).await;
    let place = latest.unwrap()[0].0;
    add(&*store, told("m8", ANN, 20)).await;
    for (place, at, expected) in [
        (place, 21, vec!["m1", "m5", "m8"]),
        (place + 1_000, 20, vec!["m1", "m5", "m8"]),
        (place + 1_000, 21, vec!["m1", "m5"]),
    ] {
        let since = Since { place, at: Millis(at) };
        for stretch in [Stretch::Latest, Stretch::After(0)] {
            let seen = store.records().conversation(&group, &phone(ANN), since, stretch, 9).await.unwrap();
            let ids: Vec<_> = seen.iter().map(|(_, message)| message.id.as_str()).collect();
            assert_eq!(ids, expected);
        }
    }
}

async fn reactions_and_pins_are_found_by_what_they_are_about(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    for group in ["g", "h"] {
        with_group(&*store, group).await;
    }
    let id = |text: &str| MessageId::new(text).unwrap();
    let sign = |to: &str| Content::Reaction { message: id(to), sign: Some("👍".into()) };
    let pin = |to: &str| Content::Pin { message: id(to), days: PinDays::try_from(7).ok() };
    let acts =
        [("r1", sign("m1")), ("p1", pin("m1")), ("r2", sign("m2")), ("p2", pin("m2")), ("r3", sign("m1"))];
    for (n, (name, content)) in acts.into_iter().enumerate() {
        let group = if name == "p2" { "h" } else { "g" };
        add(&*store, ChatMessage { content, ..said(name, group, n as i64) }).await;
    }
    let names = |found: Vec<(_, ChatMessage)>| {
        found.into_iter().map(|(_, one)| one.id.to_string()).collect::<Vec<_>>()
    };
    let reactions = async |about: &[MessageId], limit| {
        names(store.records().reactions(&app_id("c"), about, limit).await.unwrap())
    };
    assert_eq!(reactions(&[id("m1")], 9).await, ["r1", "r3"]);
    assert_eq!(reactions(&[id("m1")], 1).await, ["r3"], "the last");
    let many: Vec<_> = (0..100).map(|n| id(&format!("x{n}"))).chain([id("m2"), id("m1")]).collect();
    assert_eq!(reactions(&many, 9).await, ["r1", "r2", "r3"]);
    assert_eq!(reactions(&[], 9).await, [""; 0]);
    let pins = async |group, since, limit| {
        names(store.records().pins(&at("c", group), Millis(since), limit).await.unwrap())
    };
    assert_eq!(pins("g", 0, 9).await, ["p1"]);
    assert_eq!(pins("h", 0, 9).await, ["p2"]);
    assert_eq!(pins("g", 2, 9).await, [""; 0]);
    add(&*store, ChatMessage { content: pin("m3"), ..said("p3", "g", 9) }).await;
    assert_eq!(pins("g", 0, 1).await, ["p3"]);
}

async fn messages_go_with_age_and_with_a_purged_group(place: &impl Place) {
    const DAY: i64 = 86_400_000;
    let store = place.open();
    furnished(&*store).await;
    with_group(&*store, "g").await;
    let writers = (0..4).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0..300 {
                add(&*store, said(&format!("m{writer}-{n}"), "g", DAY)).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    add(&*store, told("alone", ANN, 2 * DAY)).await;
    add(&*store, said("late", "g", 2 * DAY)).await;
    assert_eq!(store.purge(Millis(31 * DAY), Millis(0)).await.unwrap(), 0, "as old as it may be");
    assert_eq!(store.purge(Millis(31 * DAY + 1), Millis(0)).await.unwrap(), 1_000, "in steps");
    assert_eq!(store.purge(Millis(31 * DAY + 1), Millis(0)).await.unwrap(), 200);
    assert_eq!(read(&*store, &chat("g"), ANN, Stretch::Latest, 9).await, ["alone", "late"]);
    store.records().remove_chat_group(&at("c", "g"), alone()).await.unwrap();
    let deletion = Deletion { at: Millis(3 * DAY), by: None };
    store.delete_group(&at("c", "g"), deletion, alone()).await.unwrap();
    assert_eq!(read(&*store, &chat("g"), ANN, Stretch::Latest, 9).await, ["alone", "late"]);
    while store.purge(Millis(31 * DAY), Millis(3 * DAY)).await.unwrap() > 0 {}
    assert_eq!(read(&*store, &chat("g"), ANN, Stretch::Latest, 9).await, ["alone"]);
}

async fn several_messages_at_once_are_read_in_the_order_of_their_places(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    with_group(&*store, "g").await;
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0..10 {
                    add(&*store, said(&format!("m{writer}-{n}"), "g", 5)).await;
                }
            })
        })
        .collect();
    // A reader who goes on behind what it has seen misses nothing that was under way then.
    let (mut after, mut seen) = (0, Vec::new());
    while seen.len() < 40 {
        let stretch = Stretch::After(after);
        for (place, message) in
            store.records().conversation(&chat("g"), &phone(ANN), Since::default(), stretch, 7).await.unwrap()
        {
            after = place;
            seen.push(message.id);
        }
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 40);
}
