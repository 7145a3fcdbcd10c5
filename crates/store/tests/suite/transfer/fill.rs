//! A store with something of everything, and what it answers.

use muster_core::{
    account::{AccessKey, Account, Changed, DirectoryChange, Holder, KeyOwner, RamUser, Role, StoredPolicy},
    app::{App, Audit, DataCenter, Generation, Retention},
    chat::{
        BusinessNumber, Channel, ChannelFace, ChatGroup, ChatGroupChange, ChatGroupQuery, ChatGroupStatus,
        PhoneNumber, Removal, Webhook,
    },
    chat_file::{ChatFile, ContentType, FilePath},
    chat_message::{ChatMessage, MessageStatus, Since},
    group::{Deletion, Group, GroupFilter, Order, Window},
    id::{AccessKeyId, GroupRef},
    message::{HistoryQuery, Positions, StreamRef},
    mute::{MuteKind, MuteSteps, UserMute},
    roster::{Join, Leave, PageQuery, WalkQuery},
    seal::Sealed,
    store::{
        AppCreated, AppFilter, FilePut, GroupCreated, MutesChanged, NumberAdded, Store, Stretch, WordAdded,
    },
    time::Millis,
    word::Word,
};

use crate::chat_messages::{said, told, wrote};
use crate::make::{
    account, admitted, alone, app, app_id, at, connected, draft, durable, end_of, event_of, group, likes,
    roster, switched, user, with_group,
};
use crate::place::Place;

/// When the group that is purged was deleted; others were deleted later.
const PURGED: Millis = Millis(5_000);
/// Where a file is.
const FILE: &str = "abcdefghijklmnopqrstuvwxy/图.jpg";
/// The customer groups' channel number.
const NUMBER: &str = "8613800138000";
/// Members of the longest roster: more than any block that a store may keep its counts in.
const MANY: u64 = 3_000;

/// What numbers were given that nothing shows any more.
#[derive(Clone, Copy)]
pub(crate) struct Given {
    /// The number of a group that was purged.
    pub(crate) group: i64,
    /// The join number of a member of `a/g0` who left.
    pub(crate) join: u64,
}

async fn directory(store: &dyn Store) {
    let acc = || account("acc");
    let key = |id: &str, owner, active| AccessKey {
        id: AccessKeyId::new(id).unwrap(),
        secret: Sealed(vec![0, 255, 7]),
        account: acc(),
        owner,
        active,
        created_at: Millis(10),
    };
    let named = |name: &str| RamUser {
        account: acc(),
        name: name.into(),
        id: format!("id-{name}"),
        created_at: Millis(11),
    };
    let policy = |name: &str| StoredPolicy {
        account: acc(),
        name: name.into(),
        document: "{\"Version\":\"1\"}".into(),
        modified_at: Millis(12),
    };
    let role = |name: &str| Role {
        account: acc(),
        name: name.into(),
        id: format!("role-{name}"),
        trust: "{\"Version\":\"1\"}".into(),
        max_session_seconds: 7200,
        created_at: Millis(13),
        modified_at: Millis(14),
    };
    for change in [
        DirectoryChange::AddAccount(
            Account { id: acc(), created_at: Millis(9) },
            key("root", KeyOwner::Root, true),
        ),
        DirectoryChange::AddUser(named("u")),
        DirectoryChange::AddUser(named("v")),
        DirectoryChange::AddKey(key("k", KeyOwner::User("u".into()), true), 2),
        DirectoryChange::AddKey(key("l", KeyOwner::User("v".into()), false), 2),
        DirectoryChange::PutPolicy(policy("p")),
        DirectoryChange::PutPolicy(policy("q")),
        DirectoryChange::Attach(acc(), "p".into(), Holder::User("u".into())),
        DirectoryChange::Attach(acc(), "q".into(), Holder::User("u".into())),
        DirectoryChange::Attach(acc(), "q".into(), Holder::User("v".into())),
        DirectoryChange::AddRole(role("r"), 9),
        DirectoryChange::AddRole(role("u"), 9),
        DirectoryChange::Attach(acc(), "p".into(), Holder::Role("r".into())),
        DirectoryChange::Attach(acc(), "p".into(), Holder::Role("u".into())),
    ] {
        assert_eq!(store.records().change_directory(change).await.unwrap(), Changed::Done);
    }
}

async fn apps(store: &dyn Store) {
    let rich = App {
        generation: Generation::One,
        name: Some("name 群\0".into()),
        data_center: DataCenter::Singapore,
        retention: Retention::Days180,
        audit: Audit::Custom("https://audit.example.com".into()),
        callback_url: Some("https://callback.example.com".into()),
        config: [("c".to_owned(), "1".to_owned())].into(),
        extension: [("e".to_owned(), "2".to_owned())].into(),
        modified_at: Millis(1_001),
        ..app("b")
    };
    for made in [app("z"), rich, app("a")] {
        assert_eq!(
            store.records().create_app(made, None, alone()).await.unwrap(),
            AppCreated::Created(Positions::new())
        );
    }
    store.records().create_app(app("deleted"), None, alone()).await.unwrap();
    store.records().delete_app(&app_id("deleted"), Millis(1_003), alone()).await.unwrap().unwrap();
    store.records().change_app(&app_id("z"), switched(true), Millis(1_002), alone()).await.unwrap().unwrap();
}

/// Members who stay, leave, are connected, and are both; their join numbers have holes.
async fn members(store: &dyn Store, g: &GroupRef) -> u64 {
    for n in 0..60 {
        admitted(store, g, durable(&format!("u{n}"))).await;
        admitted(store, g, connected(&format!("c{n}"))).await;
    }
    for n in 0..20 {
        store.leave(g, &user(&format!("u{}", n * 3)), Leave::Any, alone()).await.unwrap();
    }
    admitted(store, g, durable("c5")).await;
    admitted(store, g, connected("u4")).await;
    admitted(store, g, Join { info: None, ..durable("plain") }).await;
    let (last, _, _) = admitted(store, g, Join { visitor: true, ..durable("gone") }).await;
    store.leave(g, &user("gone"), Leave::Any, alone()).await.unwrap();
    last.number
}

async fn messages(store: &dyn Store, place: &impl Place, g: &GroupRef) {
    for n in 0..25 {
        store.post(g, draft(n % 3, &format!("body {n} 群"), 7_000 + n), alone()).await.unwrap();
    }
    store.count_only(g, draft(77, "like", 1)).await.unwrap();
    store.count_only(g, likes(5)).await.unwrap();
    let exit = place.exit(g);
    store.append(event_of(&StreamRef::Group(g.clone()), exit.clone(), Millis(7_100))).await.unwrap().unwrap();
    for (name, events) in [("u1", 3), ("u2", 1)] {
        for n in 0..events {
            let stream = StreamRef::User(g.app.clone(), user(name));
            store.append(event_of(&stream, exit.clone(), Millis(7_200 + n))).await.unwrap().unwrap();
        }
    }
}

async fn groups(store: &dyn Store, place: &impl Place) -> Given {
    let mut last = 0;
    for app in ["a", "z"] {
        for n in 0..3 {
            let g = with_group(store, app, &format!("g{n}")).await;
            let given = members(store, &g).await;
            last = if app == "a" && n == 0 { given } else { last };
            messages(store, place, &g).await;
        }
    }
    let rich = Group {
        creator: Some(user("creator")),
        admins: vec![user("x"), user("y")],
        name: Some("name".into()),
        info: Some("info 群\0".into()),
        extension: [("k".to_owned(), "v".to_owned())].into(),
        ..group("b", "rich")
    };
    assert!(matches!(store.create_group(rich, None, alone()).await.unwrap(), GroupCreated::Created(..)));
    let big = with_group(store, "b", "big").await;
    for n in 0..MANY {
        let join = Join { super_above: Some(MANY - 1), ..durable(&format!("m{}", n * 7_919 % MANY)) };
        admitted(store, &big, join).await;
    }
    assert!(store.roster_state(&big).await.unwrap().super_group);
    let deletion = |at| Deletion { at, by: Some(user("creator")) };
    store
        .delete_group(&at("a", "g2"), deletion(PURGED + 1), end_of(&at("a", "g2"), PURGED + 1))
        .await
        .unwrap();
    let gone = with_group(store, "a", "gone").await;
    let number = store.group(&gone).await.unwrap().unwrap().number;
    store.delete_group(&gone, deletion(PURGED), end_of(&gone, PURGED)).await.unwrap();
    while store.purge(Millis(8_000), PURGED).await.unwrap() > 0 {}
    assert!(store.group(&gone).await.unwrap().is_none());
    Given { group: number, join: last }
}

async fn chats(store: &dyn Store) {
    let phone = |digits: &str| PhoneNumber::new(digits).unwrap();
    for id in ["d", "c"] {
        let channel = Channel {
            id: app_id(id),
            account: account("acc"),
            face: ChannelFace {
                name: format!("name {id}"),
                description: "why\0\n".into(),
                contact_mail: "shop@example.com".into(),
                country: "DE".into(),
                address: "Am Markt 1".into(),
            },
            webhook: Webhook { status_url: "http://a/".into(), silent: true, ..Webhook::default() },
            created_at: Millis(1),
            deleted_at: None,
        };
        store.records().create_channel(channel, None, alone()).await.unwrap();
    }
    for digits in [NUMBER, "8613800138009", "8613800138001"] {
        let webhook = Webhook { inbound_url: format!("http://{digits}/"), ..Webhook::default() };
        let number =
            BusinessNumber { number: phone(digits), channel: app_id("c"), webhook, created_at: Millis(2) };
        assert!(matches!(store.records().add_number(number, alone()).await.unwrap(), NumberAdded::Bound(_)));
    }
    for n in 0..3 {
        let chat = ChatGroup {
            at: at("c", &format!("chat{n}")),
            number: phone(NUMBER),
            subject: format!("subject {n}"),
            description: (n == 1).then(|| "about".into()),
            picture: (n == 1).then(|| "https://example.com/p.png".into()),
            status: ChatGroupStatus::Creating,
            invite: (n == 1).then(|| "first".into()),
            pending: ChatGroupChange {
                subject: (n == 1).then(|| "next\0".into()),
                ..ChatGroupChange::default()
            },
            provider_id: (n == 1).then(|| "p1".into()),
            request_id: (n == 1).then(|| "r1".into()),
            created_at: Millis(100 + n),
            modified_at: Millis(100 + n),
        };
        let at = chat.at.clone();
        store.records().create_chat_group(chat, alone()).await.unwrap();
        admitted(store, &at, durable("8613900000001")).await;
    }
    store.records().set_invite(&at("c", "chat1"), Some("second"), Millis(200), alone()).await.unwrap();
    store.records().set_invite(&at("c", "chat2"), Some("third"), Millis(300), alone()).await.unwrap();
    store.records().set_invite(&at("c", "chat2"), None, Millis(400), alone()).await.unwrap();
    let removal = Removal { at: at("c", "chat1"), number: phone("8613900000002"), removed_at: Millis(400) };
    store.records().put_removal(removal, alone()).await.unwrap();
    let fourth = ChatMessage {
        status: MessageStatus::Failed,
        fault: Some("why\0".into()),
        ..said("said4", "chat1", 4)
    };
    for message in [
        said("said1", "chat1", 1),
        wrote("said2", "chat1", "8613900000001", 2),
        told("said3", "8613900000001", 3),
        fourth,
    ] {
        store.records().add_chat_message(message, None, alone()).await.unwrap();
    }
    let file = ChatFile {
        channel: app_id("c"),
        path: FilePath::new(FILE).unwrap(),
        kind: ContentType::new("image/jpeg"),
        bytes: vec![0, 255, 1].into(),
        put_at: Millis(600),
    };
    assert_eq!(store.records().put_file(file, 3, alone()).await.unwrap(), FilePut::Put(Positions::new()));
    let before = store.records().chat_group(&at("c", "chat0")).await.unwrap().unwrap();
    let after = ChatGroup { status: ChatGroupStatus::Active, modified_at: Millis(500), ..before.clone() };
    assert!(store.records().change_chat_group(&before, after, alone()).await.unwrap().is_some());
}

async fn mutes_and_words(store: &dyn Store) {
    let (spared, muted) = (MuteKind::Spared, MuteKind::Muted);
    let put = [("x", spared, None), ("u1", muted, Some(Millis(9)))];
    let put = put.map(|(name, kind, until)| (user(name), UserMute { kind, until })).to_vec();
    for (seen, put) in [put, Vec::new()].into_iter().enumerate() {
        let steps = MuteSteps { everybody: true, put, removed: Vec::new() };
        let at = at("b", "rich");
        let changed = store.records().change_mutes(&at, seen as u64, steps, Millis(5), alone()).await;
        assert!(matches!(changed.unwrap(), MutesChanged::Done(_)));
    }
    for text in ["word 群\0", "other"] {
        let word = Word { app: app_id("b"), text: text.into(), added_at: Millis(6) };
        assert_eq!(
            store.records().add_word(word, 9, alone()).await.unwrap(),
            WordAdded::Added(Positions::new())
        );
    }
}

/// Puts something of everything into a store.
pub(crate) async fn fill(store: &dyn Store, place: &impl Place) -> Given {
    directory(store).await;
    apps(store).await;
    let given = groups(store, place).await;
    chats(store).await;
    mutes_and_words(store).await;
    given
}

/// What a store answers about one group.
async fn group_facts(store: &dyn Store, at: &GroupRef, facts: &mut Vec<String>) {
    facts.push(format!("{:?}", store.group(at).await.unwrap()));
    facts.push(format!("{:?}", store.records().chat_group(at).await.unwrap()));
    facts.push(format!("{:?}", store.tally(at).await.unwrap()));
    facts.push(format!("{:?} {}", store.roster_state(at).await.unwrap(), store.visitors(at).await.unwrap()));
    let members = roster(store, at).await;
    let users: Vec<_> = members.iter().map(|member| member.user.clone()).collect();
    let found = store.find_members(at, &users).await.unwrap();
    assert!(found.iter().zip(&members).all(|(found, member)| found.as_ref() == Some(member)));
    for order in [Order::Ascending, Order::Descending] {
        let after = members.get(members.len() / 2).map(|member| member.number);
        let walk = WalkQuery { order, after, limit: 40 };
        facts.push(format!("{:?}", store.roster_walk(at, walk).await.unwrap()));
        // Far from either end, where a store looks the place up.
        let page = PageQuery { order, window: Window { skip: members.len() as u64 * 2 / 3, limit: 20 } };
        facts.push(format!("{:?}", store.roster_page(at, page).await.unwrap()));
        for kind in [None, Some(1)] {
            let query =
                HistoryQuery { order, after: None, skip: 0, kind, from: None, until: None, limit: 20 };
            facts.push(format!("{:?}", store.history(at, query).await.unwrap()));
        }
    }
    facts.push(format!("{members:?}"));
    stream_facts(store, &StreamRef::Group(at.clone()), facts).await;
}

async fn stream_facts(store: &dyn Store, stream: &StreamRef, facts: &mut Vec<String>) {
    facts.push(format!("{:?}", store.top(stream).await.unwrap()));
    facts.push(format!("{:?}", store.entries(stream, 0, 1_000).await.unwrap()));
}

/// Everything that a store answers about what [`fill`] put into it.
pub(crate) async fn facts(store: &dyn Store) -> Vec<String> {
    let mut facts = vec![format!("{:?}", store.records().directory().await.unwrap())];
    let all = Window { skip: 0, limit: 100 };
    for generation in [Generation::One, Generation::Two] {
        let filter = AppFilter::of(generation);
        let page = store.records().apps(&account("acc"), filter, Order::Ascending, all).await.unwrap();
        facts.push(format!("{page:?}"));
    }
    for app in ["a", "b", "z", "c", "d"].map(app_id) {
        for filter in [GroupFilter::All, GroupFilter::Existing, GroupFilter::Deleted] {
            let page = store.groups(&app, filter, Order::Descending, all).await.unwrap();
            facts.push(format!("{page:?}"));
            if filter == GroupFilter::All {
                for group in page.entries {
                    group_facts(store, &group.at, &mut facts).await;
                }
            }
        }
        for name in ["u1", "u4", "c5", "c6"].map(user) {
            let page = store.groups_of(&app, &name, Order::Ascending, all).await.unwrap();
            facts.push(format!("{page:?}"));
            stream_facts(store, &StreamRef::User(app.clone(), name), &mut facts).await;
        }
        facts.push(format!("{:?}", store.records().channel(&app).await.unwrap()));
        facts.push(format!("{:?}", store.records().numbers(&app).await.unwrap()));
    }
    facts.push(format!("{:?}", store.records().group_mutes(&at("b", "rich")).await.unwrap()));
    facts.push(format!("{:?}", store.records().words(&app_id("b")).await.unwrap()));
    facts.push(format!("{:?}", store.records().channels(&account("acc")).await.unwrap()));
    let number = PhoneNumber::new(NUMBER).unwrap();
    let query = ChatGroupQuery { channel: app_id("c"), number, subject: None, status: None };
    facts.push(format!("{:?}", store.records().chat_groups(&query, all).await.unwrap()));
    for digits in ["8613900000001", "8613900000002"] {
        let number = PhoneNumber::new(digits).unwrap();
        facts.push(format!("{:?}", store.records().removal(&at("c", "chat1"), &number).await.unwrap()));
    }
    let number = PhoneNumber::new("8613900000001").unwrap();
    let chat = store.records().chat_groups(&query, all).await.unwrap().entries.remove(1);
    let said =
        store.records().conversation(&chat, &number, Since::default(), Stretch::After(0), 9).await.unwrap();
    facts.push(format!("{:?}", said.into_iter().map(|(_, message)| message).collect::<Vec<_>>()));
    facts.push(format!("{:?}", store.records().file(&FilePath::new(FILE).unwrap()).await.unwrap()));
    for code in ["first", "second", "third"] {
        facts.push(format!("{:?}", store.records().invite(code).await.unwrap()));
    }
    facts
}
