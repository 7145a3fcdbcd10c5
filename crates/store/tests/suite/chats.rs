//! Customer groups.

use muster_core::{
    chat::{
        BusinessNumber, Channel, ChannelChange, ChannelFace, ChatGroup, ChatGroupChange, ChatGroupQuery,
        ChatGroupStatus, Invite, PhoneNumber, Removal, Webhook, WebhookChange, WebhookOwner,
    },
    group::{Deletion, Window},
    roster::{Admission, Join},
    store::{ChannelCreated, ChannelDeleted, NumberAdded, Store},
    time::Millis,
};

use crate::{
    make::{account, admitted, alone, app_id, at, durable, names},
    place::Place,
};

over_every_store!(
    channels_and_numbers_are_found_and_listed_oldest_first,
    a_number_is_bound_once,
    what_is_said_of_a_channel_changes_part_by_part,
    a_webhook_changes_part_by_part_where_it_is,
    an_account_has_no_more_channels_than_it_may,
    a_channel_without_groups_is_deleted_and_lets_go_of_its_numbers,
    a_customer_group_is_found_as_it_was_made_and_has_a_roster,
    customer_groups_are_listed_newest_first_and_filtered,
    customer_groups_settle_once_they_have_stood_long_enough,
    a_customer_group_changes_from_where_it_was_found_and_only_once,
    a_customer_group_goes_with_its_invites_and_removals,
    who_was_removed_is_found_and_goes_with_a_purged_group,
    a_new_invite_revokes_the_ones_before,
    an_invite_code_stands_for_one_group,
    an_invite_code_that_no_database_can_hold_is_none,
);

pub(crate) fn channel(id: &str) -> Channel {
    let face = ChannelFace::named(format!("name of {id}"));
    Channel {
        id: app_id(id),
        account: account("acc"),
        face,
        webhook: Webhook::default(),
        created_at: Millis(1),
        deleted_at: None,
    }
}

pub(crate) fn phone(digits: &str) -> PhoneNumber {
    PhoneNumber::new(digits).unwrap()
}

pub(crate) fn number(digits: &str, channel: &str) -> BusinessNumber {
    BusinessNumber {
        number: phone(digits),
        channel: app_id(channel),
        webhook: Webhook::default(),
        created_at: Millis(2),
    }
}

pub(crate) fn chat(id: &str) -> ChatGroup {
    ChatGroup {
        at: at("c", id),
        number: phone("8613800138000"),
        subject: "subject".into(),
        description: None,
        picture: None,
        status: ChatGroupStatus::Creating,
        invite: None,
        pending: ChatGroupChange::default(),
        provider_id: None,
        request_id: None,
        created_at: Millis(100),
        modified_at: Millis(100),
    }
}

pub(crate) async fn furnished(store: &dyn Store) {
    store.records().create_channel(channel("c"), None, alone()).await.unwrap();
    assert!(matches!(
        store.records().add_number(number("8613800138000", "c"), alone()).await.unwrap(),
        NumberAdded::Bound(_)
    ));
}

async fn channels_and_numbers_are_found_and_listed_oldest_first(place: &impl Place) {
    let store = place.open();
    for id in ["c2", "c1"] {
        store.records().create_channel(channel(id), None, alone()).await.unwrap();
    }
    store
        .records()
        .create_channel(Channel { account: account("other"), ..channel("c3") }, None, alone())
        .await
        .unwrap();
    assert_eq!(store.records().channel(&app_id("c1")).await.unwrap(), Some(channel("c1")));
    assert_eq!(store.records().channel(&app_id("none")).await.unwrap(), None);
    assert_eq!(store.records().channels(&account("acc")).await.unwrap(), [channel("c2"), channel("c1")]);
    store.records().create_channel(channel("c1"), None, alone()).await.unwrap_err();
    for digits in ["8613800138001", "8613800138000"] {
        assert!(matches!(
            store.records().add_number(number(digits, "c1"), alone()).await.unwrap(),
            NumberAdded::Bound(_)
        ));
    }
    let found = store.records().number(&phone("8613800138000")).await.unwrap();
    assert_eq!(found, Some(number("8613800138000", "c1")));
    assert_eq!(store.records().number(&phone("8613800138009")).await.unwrap(), None);
    let expected = [number("8613800138001", "c1"), number("8613800138000", "c1")];
    assert_eq!(store.records().numbers(&app_id("c1")).await.unwrap(), expected);
    assert!(store.records().numbers(&app_id("c2")).await.unwrap().is_empty());
    // A channel is no application.
    assert_eq!(store.records().app(&app_id("c1")).await.unwrap(), None);
}

async fn a_number_is_bound_once(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    store.records().create_channel(channel("d"), None, alone()).await.unwrap();
    for there in ["c", "d"] {
        let added = store.records().add_number(number("8613800138000", there), alone()).await.unwrap();
        assert_eq!(added, NumberAdded::Taken);
    }
    let added = store.records().add_number(number("8613800138001", "none"), alone()).await.unwrap();
    assert_eq!(added, NumberAdded::NoChannel);
}

async fn what_is_said_of_a_channel_changes_part_by_part(place: &impl Place) {
    let store = place.open();
    let records = store.records();
    furnished(&*store).await;
    let address = Some("Am\0Markt".to_owned());
    let change = ChannelChange { name: Some("群\0".into()), address, ..ChannelChange::default() };
    assert!(records.change_channel(&app_id("c"), change, alone()).await.unwrap().is_some());
    let contact_mail = Some("shop@example.com".to_owned());
    let change = ChannelChange { contact_mail, address: Some(String::new()), ..ChannelChange::default() };
    assert!(records.change_channel(&app_id("c"), change.clone(), alone()).await.unwrap().is_some());
    let face = ChannelFace { contact_mail: "shop@example.com".into(), ..ChannelFace::named("群\0") };
    let found = records.channel(&app_id("c")).await.unwrap();
    assert_eq!(found, Some(Channel { face, ..channel("c") }));
    assert_eq!(records.change_channel(&app_id("none"), change, alone()).await.unwrap(), None);
}

async fn an_account_has_no_more_channels_than_it_may(place: &impl Place) {
    let store = place.open();
    let records = store.records();
    furnished(&*store).await;
    let made = async |id: &str, limit| records.create_channel(channel(id), limit, alone()).await.unwrap();
    assert_eq!(made("d", Some(1)).await, ChannelCreated::TooMany);
    assert!(matches!(made("d", Some(2)).await, ChannelCreated::Created(_)));
    records.delete_channel(&app_id("d"), Millis(5), alone()).await.unwrap();
    assert!(matches!(made("e", Some(2)).await, ChannelCreated::Created(_)), "a deleted one does not count");
}

async fn a_channel_without_groups_is_deleted_and_lets_go_of_its_numbers(place: &impl Place) {
    let store = place.open();
    let records = store.records();
    furnished(&*store).await;
    records.create_chat_group(chat("g"), alone()).await.unwrap();
    let deleted = async |id: &str| records.delete_channel(&app_id(id), Millis(20), alone()).await.unwrap();
    assert_eq!(deleted("c").await, ChannelDeleted::Occupied);
    assert_eq!(deleted("none").await, ChannelDeleted::NoChannel);
    assert!(records.number(&phone("8613800138000")).await.unwrap().is_some());
    records.remove_chat_group(&at("c", "g"), alone()).await.unwrap();
    assert!(matches!(deleted("c").await, ChannelDeleted::Done(_)));
    assert_eq!(deleted("c").await, ChannelDeleted::NoChannel, "it is deleted once");
    assert_eq!(records.channel(&app_id("c")).await.unwrap(), None);
    assert!(records.channels(&account("acc")).await.unwrap().is_empty());
    let bound = records.add_number(number("8613800138000", "c"), alone()).await.unwrap();
    assert_eq!(bound, NumberAdded::NoChannel);
    assert_eq!(records.create_chat_group(chat("h"), alone()).await.unwrap(), None);
    records.create_channel(channel("d"), None, alone()).await.unwrap();
    assert!(matches!(
        records.add_number(number("8613800138000", "d"), alone()).await.unwrap(),
        NumberAdded::Bound(_)
    ));
}

async fn a_customer_group_is_found_as_it_was_made_and_has_a_roster(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    let rich = ChatGroup {
        description: Some("about 群\0".into()),
        picture: Some("https://example.com/p.png".into()),
        status: ChatGroupStatus::Active,
        invite: Some("code".into()),
        pending: ChatGroupChange {
            subject: Some("next 群\0".into()),
            description: Some(String::new()),
            picture: Some("https://example.com/next.jpg".into()),
        },
        provider_id: Some("Y2FwaV9ncm91cDo".into()),
        request_id: Some("r1".into()),
        modified_at: Millis(101),
        ..chat("g")
    };
    store.records().create_chat_group(rich.clone(), alone()).await.unwrap();
    store.records().create_chat_group(rich.clone(), alone()).await.unwrap_err();
    assert_eq!(store.records().chat_group(&at("c", "g")).await.unwrap(), Some(rich.clone()));
    assert_eq!(store.records().chat_group(&at("c", "none")).await.unwrap(), None);
    let bounded = |name| Join { capacity: Some(2), ..durable(name) };
    for name in ["8613900000001", "8613900000002"] {
        admitted(&*store, &at("c", "g"), bounded(name)).await;
    }
    assert_eq!(store.join(&at("c", "g"), bounded("8613900000003"), alone()).await.unwrap(), Admission::Full);
    assert_eq!(
        store.join(&at("c", "none"), bounded("8613900000003"), alone()).await.unwrap(),
        Admission::NoGroup
    );
    let store = place.again(store);
    assert_eq!(names(&*store, &at("c", "g")).await, ["8613900000001", "8613900000002"]);
    assert_eq!(store.records().chat_group(&at("c", "g")).await.unwrap(), Some(rich));
}

async fn customer_groups_are_listed_newest_first_and_filtered(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    store.records().add_number(number("8613800138001", "c"), alone()).await.unwrap();
    for n in 0..9 {
        let status = if n % 3 == 0 { ChatGroupStatus::Active } else { ChatGroupStatus::Creating };
        let subject = if n % 2 == 0 { "even\0" } else { "odd" };
        let made = ChatGroup { status, subject: subject.into(), ..chat(&format!("g{n}")) };
        store.records().create_chat_group(made, alone()).await.unwrap();
    }
    let elsewhere = ChatGroup { number: phone("8613800138001"), ..chat("elsewhere") };
    store.records().create_chat_group(elsewhere, alone()).await.unwrap();
    let all =
        ChatGroupQuery { channel: app_id("c"), number: phone("8613800138000"), subject: None, status: None };
    let list = async |query: &ChatGroupQuery, skip, limit| {
        let page = store.records().chat_groups(query, Window { skip, limit }).await.unwrap();
        let ids: Vec<_> = page.entries.iter().map(|group| group.at.group.to_string()).collect();
        (ids.join(" "), page.total)
    };
    assert_eq!(list(&all, 0, 4).await, ("g8 g7 g6 g5".into(), 9));
    assert_eq!(list(&all, 7, 4).await, ("g1 g0".into(), 9));
    assert_eq!(list(&all, 9, 4).await, (String::new(), 9));
    let even = ChatGroupQuery { subject: Some("even\0".into()), ..all.clone() };
    assert_eq!(list(&even, 1, 2).await, ("g6 g4".into(), 5));
    let active = ChatGroupQuery { status: Some(ChatGroupStatus::Active), ..all.clone() };
    assert_eq!(list(&active, 0, 9).await, ("g6 g3 g0".into(), 3));
    let both = ChatGroupQuery { status: Some(ChatGroupStatus::Active), ..even };
    assert_eq!(list(&both, 0, 9).await, ("g6 g0".into(), 2));
    let none = ChatGroupQuery { channel: app_id("none"), ..all.clone() };
    assert_eq!(list(&none, 0, 9).await, (String::new(), 0));
    let part = ChatGroupQuery { subject: Some("eve".into()), ..all };
    assert_eq!(list(&part, 0, 9).await, (String::new(), 0));
}

async fn customer_groups_settle_once_they_have_stood_long_enough(place: &impl Place) {
    use ChatGroupStatus as S;
    let store = place.open();
    furnished(&*store).await;
    for (id, since, status) in [
        ("g1", 100, S::Creating),
        ("g2", 200, S::Updating),
        ("g3", 299, S::Deleting),
        ("g4", 300, S::Creating),
        ("g5", 100, S::Active),
        ("g6", 100, S::Suspended),
        ("g7", 100, S::Inactive),
    ] {
        let made = ChatGroup { status, created_at: Millis(since), modified_at: Millis(since), ..chat(id) };
        store.records().create_chat_group(made, alone()).await.unwrap();
    }
    let remote = ChatGroup { request_id: Some("r1".into()), ..chat("remote") };
    store.records().create_chat_group(remote, alone()).await.unwrap();
    let settling = async |until, now, limit| {
        let groups = store.records().settling_chat_groups(Millis(until), Millis(now), limit).await.unwrap();
        groups.iter().map(|group| group.at.group.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(settling(300, 500, 9).await, "g1 g2 g3");
    assert_eq!(settling(300, 500, 2).await, "g1 g2");
    // What else changes of a group does not make its status younger.
    store.records().set_invite(&at("c", "g4"), Some("code"), Millis(400), alone()).await.unwrap().unwrap();
    assert_eq!(settling(301, 501, 9).await, "g1 g2 g3 g4");
    // The clock was ahead and has been set back.
    let ahead = ChatGroup { created_at: Millis(1_000_000), modified_at: Millis(1_000_000), ..chat("g8") };
    store.records().create_chat_group(ahead, alone()).await.unwrap();
    assert_eq!(settling(100, 700, 9).await, "g8");
}

async fn a_customer_group_changes_from_where_it_was_found_and_only_once(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    store.records().create_chat_group(chat("g"), alone()).await.unwrap();
    let after = ChatGroup {
        subject: "new \0".into(),
        description: Some("about".into()),
        picture: Some("https://example.com/p.jpg".into()),
        status: ChatGroupStatus::Active,
        pending: ChatGroupChange { subject: Some("next".into()), ..ChatGroupChange::default() },
        provider_id: Some("p1".into()),
        request_id: Some("r1".into()),
        modified_at: Millis(500),
        ..chat("g")
    };
    let change = async |before: &ChatGroup, after: &ChatGroup| {
        store.records().change_chat_group(before, after.clone(), alone()).await.unwrap().is_some()
    };
    assert!(change(&chat("g"), &after).await);
    assert_eq!(store.records().chat_group(&at("c", "g")).await.unwrap(), Some(after.clone()));
    assert!(!change(&chat("g"), &after).await, "it stands elsewhere by now");
    assert!(!change(&ChatGroup { modified_at: Millis(499), ..after.clone() }, &chat("g")).await);
    assert!(!change(&chat("none"), &chat("none")).await);
    let store = place.again(store);
    assert_eq!(store.records().chat_group(&at("c", "g")).await.unwrap(), Some(after));
}

async fn a_customer_group_goes_with_its_invites_and_removals(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    for id in ["g", "h"] {
        store.records().create_chat_group(chat(id), alone()).await.unwrap();
        store.records().set_invite(&at("c", id), Some(id), Millis(200), alone()).await.unwrap().unwrap();
        store.records().put_removal(removal(id), alone()).await.unwrap();
    }
    let deletion = Deletion { at: Millis(300), by: None };
    store.delete_group(&at("c", "g"), deletion, alone()).await.unwrap();
    assert!(store.records().remove_chat_group(&at("c", "g"), alone()).await.unwrap().is_some());
    assert!(store.records().remove_chat_group(&at("c", "g"), alone()).await.unwrap().is_none());
    assert_eq!(store.records().chat_group(&at("c", "g")).await.unwrap(), None);
    assert_eq!(store.records().invite("g").await.unwrap(), None);
    assert_eq!(store.records().removal(&at("c", "g"), &phone("8613900000001")).await.unwrap(), None);
    assert!(store.records().chat_group(&at("c", "h")).await.unwrap().is_some());
    assert!(store.records().invite("h").await.unwrap().is_some());
    let join = durable("8613900000002");
    assert_eq!(store.join(&at("c", "g"), join, alone()).await.unwrap(), Admission::NoGroup);
}

fn removal(group: &str) -> Removal {
    Removal { at: at("c", group), number: phone("8613900000001"), removed_at: Millis(7) }
}

async fn who_was_removed_is_found_and_goes_with_a_purged_group(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    store.records().create_chat_group(chat("g"), alone()).await.unwrap();
    for _ in 0..2 {
        store.records().put_removal(removal("g"), alone()).await.unwrap();
    }
    let found = async |digits| store.records().removal(&at("c", "g"), &phone(digits)).await.unwrap();
    assert_eq!(found("8613900000001").await, Some(removal("g")));
    assert_eq!(found("8613900000002").await, None);
    let deletion = Deletion { at: Millis(300), by: None };
    store.delete_group(&at("c", "g"), deletion, alone()).await.unwrap();
    while store.purge(Millis(9_000), Millis(300)).await.unwrap() > 0 {}
    assert_eq!(found("8613900000001").await, None);
}

async fn a_new_invite_revokes_the_ones_before(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    store.records().create_chat_group(chat("g"), alone()).await.unwrap();
    let g = at("c", "g");
    assert!(
        store.records().set_invite(&at("c", "none"), Some("x"), Millis(5), alone()).await.unwrap().is_none()
    );
    assert!(store.records().set_invite(&g, Some("one"), Millis(200), alone()).await.unwrap().is_some());
    assert!(store.records().set_invite(&g, Some("two"), Millis(300), alone()).await.unwrap().is_some());
    let group = store.records().chat_group(&g).await.unwrap().unwrap();
    assert_eq!((group.invite.as_deref(), group.modified_at), (Some("two"), Millis(300)));
    let stands_for = |revoked| Some(Invite { at: g.clone(), revoked });
    assert_eq!(store.records().invite("one").await.unwrap(), stands_for(true));
    assert_eq!(store.records().invite("two").await.unwrap(), stands_for(false));
    assert_eq!(store.records().invite("three").await.unwrap(), None);
    assert!(store.records().set_invite(&g, None, Millis(400), alone()).await.unwrap().is_some());
    assert_eq!(store.records().invite("two").await.unwrap(), stands_for(true));
    assert_eq!(store.records().chat_group(&g).await.unwrap().unwrap().invite, None);
}

async fn an_invite_code_stands_for_one_group(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    for id in ["g", "h"] {
        store.records().create_chat_group(chat(id), alone()).await.unwrap();
    }
    store.records().set_invite(&at("c", "g"), Some("code"), Millis(200), alone()).await.unwrap().unwrap();
    store.records().set_invite(&at("c", "h"), Some("mine"), Millis(200), alone()).await.unwrap().unwrap();
    // The failure takes nothing away.
    store.records().set_invite(&at("c", "h"), Some("code"), Millis(300), alone()).await.unwrap_err();
    assert_eq!(
        store.records().chat_group(&at("c", "g")).await.unwrap().unwrap().invite.as_deref(),
        Some("code")
    );
    assert_eq!(
        store.records().chat_group(&at("c", "h")).await.unwrap().unwrap().invite.as_deref(),
        Some("mine")
    );
}

async fn an_invite_code_that_no_database_can_hold_is_none(place: &impl Place) {
    let store = place.open();
    for code in ["", "\0", "abc\0def", "\u{fffd}"] {
        assert_eq!(store.records().invite(code).await.unwrap(), None, "{code:?}");
    }
}

async fn a_webhook_changes_part_by_part_where_it_is(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    let records = store.records();
    let change = |status: Option<&str>, inbound: Option<&str>, silent| WebhookChange {
        status_url: status.map(str::to_owned),
        inbound_url: inbound.map(str::to_owned),
        silent,
    };
    let of_number = WebhookOwner::Number(phone("8613800138000"), app_id("c"));
    let of_channel = WebhookOwner::Channel(app_id("c"));
    let set = async |of: &WebhookOwner, change: WebhookChange| {
        records.change_webhook(of, change, alone()).await.unwrap().is_some()
    };
    assert!(set(&of_number, change(Some("http://s/"), Some("http://u/"), Some(true))).await);
    assert!(set(&of_number, change(Some(""), None, Some(false))).await);
    assert!(set(&of_channel, change(Some("http://a/"), None, None)).await);
    let found = records.number(&phone("8613800138000")).await.unwrap().unwrap().webhook;
    assert_eq!(found, Webhook { inbound_url: "http://u/".to_owned(), ..Webhook::default() });
    assert_eq!((found.of_statuses(), found.of_inbound()), (None, Some("http://u/")));
    let found = records.channel(&app_id("c")).await.unwrap().unwrap().webhook;
    assert_eq!(found, Webhook { status_url: "http://a/".to_owned(), ..Webhook::default() });
    for nobodys in [
        WebhookOwner::Channel(app_id("none")),
        WebhookOwner::Number(phone("8613800138000"), app_id("other")),
        WebhookOwner::Number(phone("8613800138009"), app_id("c")),
    ] {
        assert!(!set(&nobodys, change(Some("http://x/"), None, None)).await, "{nobodys:?}");
    }
}
