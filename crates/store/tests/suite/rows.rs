//! Rows as they always were: what a version has written into the tables of groups and streams is read for ever, and
//! versions that run side by side write the same.

use muster_core::{
    event::{Event, form},
    group::Group,
    id::{GroupRef, MessageId},
    message::{Draft, Entry, ExitReason, Level, Message, StreamRef, Top, Weight},
    roster::Join,
    store::Store,
    time::Millis,
};

use crate::{
    make::{
        admitted, alone, app_id, at, counted, draft, durable, event_of, group, message, roster, times, user,
        with_app,
    },
    place::{LastingPlace, Postgres, Sqlite},
};

/// What an event is to a version that came before it.
const TOMORROW: &str = r#"{"Muted":{"user":"u","until":18446744073709551615}}"#;

/// A table and its rows, each as a JSON array of its columns.
struct Table {
    name: &'static str,
    /// Names, for PostgreSQL with their types.
    columns: &'static str,
    rows: &'static [&'static str],
}

impl Table {
    /// Each column's name and type.
    fn columns(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.columns.split(", ").map(|column| column.split_once(' ').unwrap_or((column, "")))
    }

    fn names(&self) -> String {
        self.columns().map(|(name, _)| name).collect::<Vec<_>>().join(", ")
    }

    /// The statements that give the rows, for SQLite and for PostgreSQL.
    fn select(&self) -> [String; 2] {
        ["json_array", "json_build_array"].map(|array| {
            format!("SELECT CAST({array}({}) AS text) FROM {} ORDER BY 1", self.names(), self.name)
        })
    }

    /// The statements that insert a row, for SQLite and for PostgreSQL.
    fn insert(&self, row: &str) -> [String; 2] {
        let (table, names, row) = (self.name, self.names(), row.replace('\'', "''"));
        let values = |value: fn(usize, &str) -> String| {
            let values = self.columns().enumerate().map(|(place, (_, of))| value(place, of));
            values.collect::<Vec<_>>().join(", ")
        };
        let sqlite = values(|place, _| format!("json_extract(r, '$[{place}]')"));
        let postgres = values(|place, of| format!("(r ->> {place})::{of}"));
        [
            format!("INSERT INTO {table} ({names}) SELECT {sqlite} FROM (SELECT '{row}' AS r)"),
            format!("INSERT INTO {table} ({names}) SELECT {postgres} FROM (SELECT '{row}'::json AS r) t"),
        ]
    }
}

mod golden;

fn rich() -> Group {
    Group {
        creator: Some(user("boss")),
        admins: vec![user("x"), user("y")],
        name: Some("hall 群".into()),
        extension: [("k".to_owned(), "v \"w\"".to_owned())].into(),
        ..group("a", "g")
    }
}

fn chosen() -> Message {
    Message {
        id: MessageId::new("c-1").unwrap(),
        cached: false,
        level: Level(1),
        weight: Weight(-3),
        ..message(8, "two", 11)
    }
}

fn exit() -> Event {
    Event::Exit { group: at("a", "g").group, reason: ExitReason::Removed }
}

fn own() -> StreamRef {
    StreamRef::User(app_id("a"), user("u"))
}

/// Puts into a store what the rows hold.
async fn fill(store: &dyn Store, g: &GroupRef) {
    let stream = StreamRef::Group(g.clone());
    store.create_group(rich(), None, alone()).await.unwrap();
    admitted(store, g, Join { info: Some("info 群".into()), ..durable("u") }).await;
    store.post(g, draft(7, "one 群", 10), alone()).await.unwrap();
    let once = Draft { message: chosen(), increment: times(5), once: true, ..draft(8, "", 0) };
    store.post(g, once, alone()).await.unwrap();
    store.append(event_of(&stream, exit(), Millis(12))).await.unwrap();
    store.append(event_of(&stream, form::read(TOMORROW).unwrap(), Millis(13))).await.unwrap();
    store.append(event_of(&own(), Event::Message(message(7, "psst", 14)), Millis(15))).await.unwrap();
}

/// What a store answers that holds the rows.
async fn check(store: &dyn Store, g: &GroupRef) {
    let found = store.group(g).await.unwrap().unwrap();
    assert_eq!(*found, Group { number: found.number, ..rich() });
    let members = roster(store, g).await;
    let [member] = &members[..] else { panic!("{members:?}") };
    assert_eq!((&member.user, member.info.as_deref()), (&user("u"), Some("info 群")));
    assert_eq!((member.number, member.joined_at), (1, Millis(3_000)));
    assert_eq!(store.tally(g).await.unwrap().messages, [(7, 1), (8, 5)].into());
    let place = |sequence, at, event| Entry { sequence, at: Millis(at), event };
    let stream = StreamRef::Group(g.clone());
    let expected = [
        place(1, 10, Event::Message(Message { total: counted(1), ..message(7, "one 群", 10) })),
        place(2, 11, Event::Message(Message { total: counted(5), ..chosen() })),
        place(3, 12, exit()),
        place(4, 13, form::read(TOMORROW).unwrap()),
    ];
    assert_eq!(store.entries(&stream, 0, 9).await.unwrap(), expected);
    assert_eq!(store.top(&stream).await.unwrap().unwrap(), Top { epoch: "epoch-g".into(), sequence: 4 });
    let told = [place(1, 15, Event::Message(message(7, "psst", 14)))];
    assert_eq!(store.entries(&own(), 0, 9).await.unwrap(), told);
    assert_eq!(store.top(&own()).await.unwrap().unwrap().sequence, 1);
}

async fn rows_are_written_as_they_always_were(place: &impl LastingPlace, tables: &[Table]) {
    let store = place.open();
    with_app(&*store, "a").await;
    fill(&*store, &at("a", "g")).await;
    store.close().await.unwrap();
    drop(store);
    let rows = |table: &Table| {
        let [sqlite, postgres] = table.select();
        (table.name, place.select(&sqlite, &postgres))
    };
    let golden = |table: &Table| (table.name, table.rows.iter().map(ToString::to_string).collect());
    assert_eq!(
        tables.iter().map(rows).collect::<Vec<_>>(),
        tables.iter().map(golden).collect::<Vec<(_, Vec<_>)>>()
    );
}

async fn rows_are_read_as_they_always_were(place: &impl LastingPlace, tables: &[Table]) {
    let store = place.open();
    with_app(&*store, "a").await;
    store.close().await.unwrap();
    drop(store);
    for table in tables {
        for row in table.rows {
            let [sqlite, postgres] = table.insert(row);
            place.tamper(&sqlite, &postgres);
        }
    }
    check(&*place.open(), &at("a", "g")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_sqlite_are_as_they_always_were() {
    rows_are_written_as_they_always_were(&Sqlite::new(), golden::SQLITE).await;
    rows_are_read_as_they_always_were(&Sqlite::new(), golden::SQLITE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_postgres_are_as_they_always_were() {
    rows_are_written_as_they_always_were(&Postgres::new(), golden::POSTGRES).await;
    rows_are_read_as_they_always_were(&Postgres::new(), golden::POSTGRES).await;
}
