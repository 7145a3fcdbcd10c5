//! The suite that holds every store to its traits.
//!
//! A test is a function over a [`place::Place`], where a store is opened; it sees the store through `muster_core::store`
//! alone. `over_every_store!` makes each function a test of each store, so putting another store under the suite is one
//! more place. What is about lasting (files, crashes, faults and locks of a database, another process) is a function over
//! a [`place::LastingPlace`], and a test of the two stores that last: it stands behind `lasting:`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

/// Makes tests of functions over one place.
macro_rules! over_place {
    ($module:ident, $place:expr; $($test:ident),* $(,)?) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test(&$place).await;
                }
            )*
        }
    };
}

/// Makes tests of functions over a place: one of each for each store; for stores that last alone behind `lasting:`.
macro_rules! over_every_store {
    ($($test:ident),+ $(,)? $(; lasting: $($lasting:ident),* $(,)?)?) => {
        over_place!(on_memory, crate::place::Memory; $($test),+);
        over_every_lasting_store!($($test,)+ $($($lasting,)*)?);
    };
}

/// Makes tests of functions over a place where what is written lasts.
macro_rules! over_every_lasting_store {
    ($($test:ident),* $(,)?) => {
        over_place!(on_sqlite, crate::place::Sqlite::new(); $($test),*);
        over_place!(on_postgres, crate::place::Postgres::new(); $($test),*);
    };
}

/// Makes tests of functions over a place once more, as a version meets it that lacks one kind of events.
macro_rules! over_every_store_of_an_earlier_version {
    ($($test:ident),* $(,)?) => {
        over_place!(on_sqlite_of_an_earlier_version, crate::place::Earlier(crate::place::Sqlite::new()); $($test),*);
        over_place!(on_postgres_of_an_earlier_version, crate::place::Earlier(crate::place::Postgres::new()); $($test),*);
    };
}

mod accounts;
mod also;
mod apps;
mod callers;
mod calls;
mod chat_messages;
mod chats;
mod files;
mod groups;
mod groups_model;
mod lasting;
mod make;
mod messages;
mod mutes;
mod numbers;
mod place;
mod poison;
mod postgres_faults;
mod postgres_nodes;
mod postgres_poison;
mod postgres_tls;
mod purge;
mod removals;
mod retention;
mod rosters;
mod rosters_model;
mod rows;
mod server;
mod sessions;
mod several_admissions;
mod several_nodes;
mod several_versions;
mod sqlite_backup;
mod sqlite_faults;
mod sqlite_files;
mod sqlite_lost_files;
mod transfer;
mod user_info;
mod words;
