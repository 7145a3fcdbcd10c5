//! Carrying everything from one store to another, by way of a file's lines.

mod fill;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use muster_core::{
    event::form,
    id::NodeId,
    message::{Posted, StreamRef},
    store::{GroupCreated, Nodes as _, Store},
    time::Millis,
    transfer::{Counts, Kind, Line, Part, Portable, Record, Sink, Source, TransferError},
};

use self::fill::{facts, fill};
use crate::{
    make::{admitted, alone, app_id, at, draft, durable, event_of, group, user, with_app},
    place::{Earlier, LastingPlace, Postgres, Sqlite},
};

over_every_lasting_store!(
    what_is_exported_says_how_much_there_is_of_each_kind,
    an_import_into_a_store_that_holds_something_is_refused,
    an_import_that_is_cut_off_leaves_nothing_and_can_be_made_again,
    an_import_whose_counts_differ_leaves_nothing_and_says_which,
    a_record_of_something_that_did_not_come_before_is_refused_by_name,
    a_failing_sink_ends_the_export_with_its_error,
    nothing_is_carried_as_nothing,
);

/// A test of carrying for each of these pairs of places.
macro_rules! over_pairs {
    ($($name:ident: $from:expr => $to:expr),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let (from, to) = ($from, $to);
                everything_is_the_same_after_it_was_carried(&from, &to).await;
            }
        )*
    };
}

over_pairs!(
    from_sqlite_to_sqlite: Sqlite::new() => Sqlite::new(),
    from_sqlite_to_postgres: Sqlite::new() => Postgres::new(),
    from_postgres_to_sqlite: Postgres::new() => Sqlite::new(),
    from_postgres_to_postgres: Postgres::new() => Postgres::new(),
    by_an_earlier_version_from_sqlite_to_postgres: Earlier(Sqlite::new()) => Earlier(Postgres::new()),
    by_an_earlier_version_from_postgres_to_sqlite: Earlier(Postgres::new()) => Earlier(Sqlite::new()),
);

/// A file in memory.
#[derive(Default)]
struct File(Vec<u8>);

#[async_trait]
impl Sink for File {
    async fn put(&mut self, records: Vec<Record>) -> Result<(), TransferError> {
        for record in records {
            record.write_line(&mut self.0).unwrap();
        }
        Ok(())
    }
}

/// Some lines of a file, and the counts that it tells; without counts it was cut off.
struct Lines<'a> {
    left: &'a [u8],
    told: Option<Counts>,
}

#[async_trait]
impl Source for Lines<'_> {
    async fn next(&mut self) -> Result<Part, TransferError> {
        let mut records = Vec::new();
        while records.len() < 7
            && let Some(end) = self.left.iter().position(|&byte| byte == b'\n')
        {
            match Line::parse(&self.left[..end]).unwrap() {
                Line::Record(record) => records.push(*record),
                other => panic!("not a record: {other:?}"),
            }
            self.left = &self.left[end + 1..];
        }
        if !records.is_empty() {
            return Ok(Part::Records(records));
        }
        self.told.take().map(Part::End).ok_or_else(|| TransferError::Other("cut off".into()))
    }
}

async fn exported(store: &dyn Portable) -> (Vec<u8>, Counts) {
    let mut file = File::default();
    let counts = store.export(&mut file).await.unwrap();
    (file.0, counts)
}

/// Fills a store and exports it.
async fn filled(from: &impl LastingPlace) -> (Vec<u8>, Counts) {
    let store = from.open();
    fill(&*store, from).await;
    store.close().await.unwrap();
    drop(store);
    exported(&*from.open_portable()).await
}

async fn everything_is_the_same_after_it_was_carried(from: &impl LastingPlace, to: &impl LastingPlace) {
    let store = from.open();
    let given = fill(&*store, from).await;
    store.close().await.unwrap();
    drop(store);
    let source = from.open_portable();
    let (file, counts) = exported(&*source).await;
    drop(source);
    let event = format!("\"event\":{}}}", form::write(&from.exit(&at("a", "g0"))));
    assert!(String::from_utf8_lossy(&file).contains(&event), "{event}");
    let target = to.open_portable();
    let mut lines = Lines { left: &file, told: Some(counts.clone()) };
    assert_eq!(target.import(&mut lines).await.unwrap(), counts);
    drop(target);
    let (source, target): (Arc<dyn Store>, Arc<dyn Store>) = (from.open(), to.open());
    let (before, after) = (facts(&*source).await, facts(&*target).await);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
    assert_eq!(before.len(), after.len());
    goes_on(&*target, given).await;
}

/// Numbers that were given are not given again, and streams have no hole.
async fn goes_on(store: &dyn Store, given: fill::Given) {
    let g = at("a", "g0");
    let (member, fresh, _) = admitted(store, &g, durable("new")).await;
    assert!(fresh && member.number > given.join, "{} after {}", member.number, given.join);
    let top = store.top(&StreamRef::Group(g.clone())).await.unwrap().unwrap().sequence;
    let Posted::Done { sequence, .. } = store.post(&g, draft(1, "new", 9_000), alone()).await.unwrap() else {
        panic!("not posted")
    };
    assert_eq!(sequence, Some(top + 1));
    let stream = StreamRef::User(app_id("a"), user("u1"));
    let exit = store.entries(&stream, 0, 1).await.unwrap().remove(0).event;
    let top = store.top(&stream).await.unwrap().unwrap().sequence;
    assert_eq!(store.append(event_of(&stream, exit, Millis(9_000))).await.unwrap(), Some(vec![top + 1]));
    let GroupCreated::Created(made, _) = store.create_group(group("a", "new"), None, alone()).await.unwrap()
    else {
        panic!("not created")
    };
    assert!(made.number > given.group, "{} after {}", made.number, given.group);
    assert_eq!(store.top(&StreamRef::Group(made.at)).await.unwrap().unwrap().sequence, 0);
}

async fn what_is_exported_says_how_much_there_is_of_each_kind(place: &impl LastingPlace) {
    let (file, counts) = filled(place).await;
    assert_eq!(place.open_portable().census().await.unwrap(), counts);
    assert_eq!(counts.total(), file.iter().filter(|&&byte| byte == b'\n').count() as u64);
    for kind in Kind::ALL {
        assert!(counts.of(kind) > 0, "{kind}");
    }
}

async fn an_import_into_a_store_that_holds_something_is_refused(place: &impl LastingPlace) {
    let store = place.open();
    with_app(&*store, "mine").await;
    store.close().await.unwrap();
    drop(store);
    let mut nothing = Lines { left: b"", told: Some(Counts::default()) };
    let refused = place.open_portable().import(&mut nothing).await.unwrap_err();
    assert!(matches!(refused, TransferError::NotEmpty), "{refused}");
    assert!(place.open().records().app(&app_id("mine")).await.unwrap().is_some());
}

async fn an_import_that_is_cut_off_leaves_nothing_and_can_be_made_again(place: &impl LastingPlace) {
    let (file, counts) = filled(&Sqlite::new()).await;
    let target = place.open_portable();
    let empty = target.census().await.unwrap();
    let mut cut = Lines { left: &file[..file.len() / 2], told: None };
    let refused = target.import(&mut cut).await.unwrap_err();
    assert_eq!(refused.to_string(), "cut off");
    assert_eq!(target.census().await.unwrap(), empty);
    let mut whole = Lines { left: &file, told: Some(counts.clone()) };
    assert_eq!(target.import(&mut whole).await.unwrap(), counts);
}

async fn an_import_whose_counts_differ_leaves_nothing_and_says_which(place: &impl LastingPlace) {
    let (file, counts) = filled(&Sqlite::new()).await;
    let target = place.open_portable();
    let empty = target.census().await.unwrap();
    let mut more = counts.clone();
    more.add(Kind::Member, 1);
    let mut lines = Lines { left: &file, told: Some(more) };
    let refused = target.import(&mut lines).await.unwrap_err();
    assert!(matches!(refused, TransferError::Differs { kind: Kind::Member, .. }), "{refused}");
    assert_eq!(target.census().await.unwrap(), empty);
}

async fn a_record_of_something_that_did_not_come_before_is_refused_by_name(place: &impl LastingPlace) {
    let target = place.open_portable();
    for (line, name) in [
        (
            r#"{"member":{"app":"nowhere","group":"g","number":1,"user":"u","info":null,"joined_at":1}}"#,
            "nowhere",
        ),
        (r#"{"user_stream":{"app":"nowhere","user":"u","sequence":1}}"#, "nowhere"),
        (r#"{"attachment":{"account":"1000000000000001","user":"ops","policy":"read"}}"#, "read of ops"),
    ] {
        let line = format!("{line}\n");
        let mut lines = Lines { left: line.as_bytes(), told: Some(Counts::default()) };
        let refused = target.import(&mut lines).await.unwrap_err();
        assert!(matches!(&refused, TransferError::Orphan { .. }), "{refused}");
        assert!(refused.to_string().contains(name), "{refused}");
    }
}

/// Takes nothing.
struct Broken;

#[async_trait]
impl Sink for Broken {
    async fn put(&mut self, _: Vec<Record>) -> Result<(), TransferError> {
        Err(TransferError::Other("the disk is full".into()))
    }
}

async fn a_failing_sink_ends_the_export_with_its_error(place: &impl LastingPlace) {
    let store = place.open();
    fill(&*store, place).await;
    store.close().await.unwrap();
    drop(store);
    let refused = place.open_portable().export(&mut Broken).await.unwrap_err();
    assert_eq!(refused.to_string(), "the disk is full");
}

async fn nothing_is_carried_as_nothing(place: &impl LastingPlace) {
    let target = place.open_portable();
    let (file, counts) = exported(&*target).await;
    let mut lines = Lines { left: &file, told: Some(counts.clone()) };
    assert_eq!(target.import(&mut lines).await.unwrap(), counts);
    assert_eq!(counts.total(), 1, "the last group number alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_carried_while_a_node_holds_a_lease_and_the_node_is_named() {
    let place = Postgres::new();
    let node = NodeId::new("running").unwrap();
    let running = place.store().await;
    assert!(running.beat(&node, Duration::from_secs(3_600)).await.unwrap());
    let store = place.open_portable();
    let mut nothing = Lines { left: b"", told: Some(Counts::default()) };
    for refused in [
        store.census().await.unwrap_err(),
        store.export(&mut File::default()).await.unwrap_err(),
        store.import(&mut nothing).await.unwrap_err(),
    ] {
        assert!(matches!(&refused, TransferError::InUse(nodes) if *nodes == [node.clone()]), "{refused}");
    }
    assert!(running.beat(&node, Duration::ZERO).await.unwrap());
    store.export(&mut File::default()).await.unwrap();
}

/// The keys and indices of a database, as the statements that make them.
async fn indices(url: &str) -> Vec<String> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let sql = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL
               SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1";
    let found = client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    drop(client);
    connection.await.unwrap().unwrap();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_leaves_the_keys_and_indices_of_postgres_as_they_were_whether_it_succeeds_or_not() {
    let place = Postgres::new();
    let store = place.open_portable();
    let before = indices(&place.url()).await;
    let mut counts = Counts::default();
    let mut nothing = Lines { left: b"", told: Some(counts.clone()) };
    let refused = store.import(&mut nothing).await.unwrap_err();
    assert!(matches!(refused, TransferError::Differs { .. }), "{refused}");
    assert_eq!(indices(&place.url()).await, before);
    counts.add(Kind::LastGroupNumber, 1);
    let mut least = Lines { left: b"{\"last_group_number\":0}\n", told: Some(counts) };
    store.import(&mut least).await.unwrap();
    assert_eq!(indices(&place.url()).await, before);
}
