//! What nodes find that one of the version before has written beside them: it knows less of the tables.

use muster_core::{
    chat_message::{ChatMessage, Content, PinDays},
    id::MessageId,
    time::Millis,
};

use crate::{
    chat_messages::{add, said, with_group},
    chats::furnished,
    make::{app_id, at},
    place::{Place as _, Postgres},
    server::execute,
};

/// Writes each message once more, as a node did that had no columns for what it is about.
const AS_BEFORE: &str = "INSERT INTO chat_message
    (app, id, number, grp, person, name, direction, content, reply_to, task, status, fault, provider_id, at)
    SELECT app, 'older-' || id, number, grp, person, name, direction, content, reply_to, task, status, fault, provider_id, at
    FROM chat_message ORDER BY place";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reactions_and_pins_of_a_node_of_the_version_before_are_found() {
    let place = Postgres::new();
    let store = place.open();
    furnished(&*store).await;
    with_group(&*store, "g").await;
    let about = MessageId::new("m").unwrap();
    let sign = Content::Reaction { message: about.clone(), sign: Some("👍".into()) };
    let pin = Content::Pin { message: about.clone(), days: PinDays::try_from(7).ok() };
    let quoted = Content::Text(sign.to_form());
    for (name, content) in [("sign", sign), ("pin", pin), ("text", quoted)] {
        add(&*store, ChatMessage { content, ..said(name, "g", 1) }).await;
    }
    execute(&place.url(), AS_BEFORE);
    let names = |found: Vec<(_, ChatMessage)>| {
        found.into_iter().map(|(_, message)| message.id.to_string()).collect::<Vec<_>>()
    };
    let reactions = store.records().reactions(&app_id("c"), &[about], 9).await.unwrap();
    assert_eq!(names(reactions), ["sign", "older-sign"]);
    let mut pins = names(store.records().pins(&at("c", "g"), Millis(0), 9).await.unwrap());
    pins.sort();
    assert_eq!(pins, ["older-pin", "pin"]);
}
