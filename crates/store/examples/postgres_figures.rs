//! Measures rosters on a PostgreSQL server: pages near and far in a large group, and joins of many callers.
//!
//! ```text
//! cargo run --release -p muster-store --example postgres_figures -- postgres://USER@HOST/DATABASE [MEMBERS]
//! ```
//!
//! It makes an application and groups of its own in the database, and leaves them there: name one made for the purpose.
//! The large group is filled once, and found again by the next run.

#![expect(clippy::print_stdout, reason = "what is measured is told")]

use std::{
    error::Error,
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use muster_core::{
    app::{App, Audit, DataCenter, Generation, Retention, StringMap},
    caller::CarriedOut,
    group::{Group, GroupFilter, Order, Window},
    id::{AccountId, AppId, GroupId, GroupRef, NodeId, SessionId, SessionRef, UserId},
    roster::{Join, JoinNumber, PageQuery, Tie, WalkQuery},
    seal::Sealed,
    store::{Also, Groups as _, Nodes as _, Rosters as _, Store as _},
    testing::Seeded,
    time::Millis,
};
use muster_store::postgres::{PostgresOptions, PostgresStore};
use tokio::{
    task::{JoinSet, yield_now},
    time::Instant,
};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The application that everything is made in.
const APP: &str = "figures";
/// Members on a page, as callers ask by default.
const PAGE: usize = 20;
/// The far page; the near one is page 1.
const FAR: u64 = 100_000;
/// Callers at a time.
const CALLERS: usize = 64;
/// How long each figure is measured.
const MEASURED: Duration = Duration::from_secs(5);
/// A lease that no run outlives.
const LEASE: Duration = Duration::from_secs(24 * 3_600);
/// Members written with one statement: well below the seconds that a statement may take.
const FILLED_AT_ONCE: u64 = 100_000;

/// Fills an empty group as joins one by one would.
const FILL: &str = "
    INSERT INTO member (app, grp, user_id, number, joined_at, durable, info)
    SELECT $1, $2, 'user-' || lpad(n::text, 9, '0'), n, 1700000000000 + n, true, '{\"nick\":\"viewer ' || n || '\"}'
    FROM generate_series($3::bigint, $4::bigint) n ON CONFLICT DO NOTHING";
const FILL_BLOCKS: &str = "
    INSERT INTO member_block (app, grp, level, block, members)
    SELECT $1, $2, level, n >> (5 * level), count(*) FROM generate_series(1, $3::bigint) n, generate_series(1, 4) level
    GROUP BY 3, 4 ON CONFLICT DO NOTHING";
const FILL_ROSTER: &str =
    "UPDATE roster SET next_join = $3::bigint + 1, listed = $3, views = $3 WHERE app = $1 AND grp = $2";

fn app() -> Outcome<App> {
    Ok(App {
        id: AppId::new(APP)?,
        account: AccountId::new("1000000000000000")?,
        generation: Generation::Two,
        name: None,
        key: Sealed(vec![0]),
        data_center: DataCenter::Shanghai,
        retention: Retention::Days30,
        audit: Audit::Off,
        callback_url: None,
        disabled: false,
        config: StringMap::new(),
        extension: StringMap::new(),
        created_at: Millis(1),
        modified_at: Millis(1),
        deleted_at: None,
    })
}

/// The group of this name, which is made if it is not there.
async fn group(store: &PostgresStore, name: &str) -> Outcome<GroupRef> {
    let at = GroupRef::new(AppId::new(APP)?, GroupId::new(name)?);
    let group = Group {
        at: at.clone(),
        number: 0,
        creator: None,
        admins: Vec::new(),
        name: None,
        info: None,
        extension: StringMap::new(),
        epoch: "figures".into(),
        created_at: Millis(1),
        deletion: None,
    };
    store.create_group(group, None, Also::nothing(CarriedOut::by_itself())).await?;
    Ok(at)
}

async fn fill(url: &str, at: &GroupRef, members: u64) -> Outcome<()> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let (app, grp) = (at.app.as_str(), at.group.as_str());
    let mut first = 1;
    while first <= members {
        let last = members.min(first + FILLED_AT_ONCE - 1);
        client.execute(FILL, &[&app, &grp, &i64::try_from(first)?, &i64::try_from(last)?]).await?;
        print!("\rfilling: {last} of {members}");
        std::io::stdout().flush()?;
        first = last + 1;
    }
    println!();
    let count = i64::try_from(members)?;
    client.execute(FILL_BLOCKS, &[&app, &grp, &count]).await?;
    client.execute(FILL_ROSTER, &[&app, &grp, &count]).await?;
    // Each by itself: VACUUM is refused in a transaction, and statements sent together are one.
    for sql in ["VACUUM ANALYZE member", "VACUUM ANALYZE member_block", "CHECKPOINT"] {
        client.batch_execute(sql).await?;
    }
    Ok(())
}

/// Has callers do something over and over; how often a second, and the median of how long once takes.
async fn measure<F, W>(callers: usize, once: F) -> Outcome<(f64, Duration)>
where
    F: Fn(u64) -> W + Send + Sync + 'static,
    W: Future<Output = Outcome<()>> + Send + 'static,
{
    let (once, numbers) = (Arc::new(once), Arc::new(AtomicU64::new(0)));
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (once, numbers) = (Arc::clone(&once), Arc::clone(&numbers));
        tasks.spawn(async move {
            let mut times = Vec::new();
            while start.elapsed() < MEASURED {
                let begun = Instant::now();
                once(numbers.fetch_add(1, Ordering::Relaxed)).await?;
                times.push(begun.elapsed());
                // What is answered from memory would keep the connections' tasks from their turn.
                yield_now().await;
            }
            Outcome::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = times.len() as f64 / start.elapsed().as_secs_f64();
    times.sort_unstable();
    Ok((rate, times.get(times.len() / 2).copied().unwrap_or_default()))
}

/// Pages by number and by token, near and far.
async fn pages(store: &Arc<PostgresStore>, at: &GroupRef, members: u64) -> Outcome<()> {
    let far = FAR.min(members / PAGE as u64);
    for callers in [1, CALLERS] {
        for page in [1, far, 1, far] {
            let (store, at) = (Arc::clone(store), at.clone());
            let once = move |_| {
                let (store, at) = (Arc::clone(&store), at.clone());
                async move {
                    let query = PageQuery { order: Order::Ascending, window: Window::page(page, PAGE) };
                    store.roster_page(&at, query).await?;
                    Ok(())
                }
            };
            let (rate, median) = measure(callers, once).await?;
            println!("page {page}, {callers} callers: {rate:.0}/s, median {median:.0?}");
        }
        let after: JoinNumber = members / 2;
        let (store, at) = (Arc::clone(store), at.clone());
        let once = move |_| {
            let (store, at) = (Arc::clone(&store), at.clone());
            async move {
                let query = WalkQuery { order: Order::Ascending, after: Some(after), limit: PAGE };
                store.roster_walk(&at, query).await?;
                Ok(())
            }
        };
        let (rate, median) = measure(callers, once).await?;
        println!("walk from the middle, {callers} callers: {rate:.0}/s, median {median:.0?}");
    }
    Ok(())
}

/// Joins of users who are new, each acknowledged when it lasts.
async fn joins(store: &Arc<PostgresStore>, what: &str, at: &GroupRef, like: Join) -> Outcome<()> {
    let (shared, group) = (Arc::clone(store), at.clone());
    let run = like.user.clone();
    let once = move |n| {
        let (store, at) = (Arc::clone(&shared), group.clone());
        let user = UserId::new(&format!("{run}-{n}"));
        let like = like.clone();
        async move {
            store.join(&at, Join { user: user?, ..like }, Also::nothing(CarriedOut::by_itself())).await?;
            Ok(())
        }
    };
    let (rate, median) = measure(CALLERS, once).await?;
    println!("{what}, {CALLERS} callers: {rate:.0}/s, median {median:.0?}");
    Ok(())
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: postgres_figures URL [MEMBERS]")?;
    let members: u64 = arguments.next().map_or(Ok(5_000_000), |text| text.parse())?;
    let options = PostgresOptions::default();
    let store = Arc::new(PostgresStore::open(&url, &options, Arc::new(Seeded::new(1))).await?);
    if store.records().app(&AppId::new(APP)?).await?.is_none() {
        store.records().create_app(app()?, None, Also::nothing(CarriedOut::by_itself())).await?;
    }
    let large = group(&store, &format!("large-{members}")).await?;
    if store.roster_state(&large).await?.count == 0 {
        fill(&url, &large, members).await?;
    }
    println!("{} members", store.roster_state(&large).await?.count);
    pages(&store, &large, members).await?;

    // Names of this run: the database's count of groups has grown since the last.
    let window = Window { skip: 0, limit: 0 };
    let run = store.groups(&AppId::new(APP)?, GroupFilter::All, Order::Ascending, window).await?.total;
    let node = NodeId::new(&format!("figures-{run}"))?;
    store.beat(&node, LEASE).await?;
    let like = Join {
        user: UserId::new(&format!("run{run}"))?,
        info: Some("{\"nick\":\"somebody\"}".into()),
        tie: Tie::Durable,
        at: Millis(1),
        capacity: None,
        super_above: None,
        super_listed: true,
        visitor: false,
    };
    let small = group(&store, &format!("small-{run}")).await?;
    joins(&store, "durable joins of an empty group", &small, like.clone()).await?;
    joins(&store, "durable joins of the large group", &large, like.clone()).await?;
    let tie = Tie::Session(SessionRef { node: node.clone(), session: SessionId::new("s")? });
    let listed = group(&store, &format!("listed-{run}")).await?;
    joins(&store, "sessions' joins", &listed, Join { tie: tie.clone(), ..like.clone() }).await?;
    let counted = group(&store, &format!("counted-{run}")).await?;
    let guest = Join { tie, super_above: Some(2_000), super_listed: false, ..like };
    joins(&store, "sessions' joins of a super group that is not listed", &counted, guest).await?;
    store.close().await?;
    Ok(())
}
