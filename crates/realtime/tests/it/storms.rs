//! Hundreds of members of one group who come, go and come back at the same moment.

use std::time::Duration;

use muster_core::limits::Limits;
use muster_realtime::RealtimeConfig;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Client, Server, quick};

const MEMBERS: usize = 300;

/// Connects everybody, who join the group behind a position, if they were there before.
async fn everybody(server: &Server, behind: Option<u64>) -> Vec<Client> {
    let mut members = Vec::new();
    for number in 0..MEMBERS {
        let mut member = server.client(&format!("m{number}")).await;
        match behind {
            None => drop(member.join("g1").await),
            Some(offset) => {
                let back = member.rejoin("g1", "epoch", offset).await;
                assert_eq!(back["recovered"], true);
                assert_eq!(back["publications"].as_array().map(Vec::len), Some(50), "{back}");
            }
        }
        members.push(member);
    }
    members
}

/// The notices of comings and goings that a member is told until nothing more happens.
async fn notices(member: &mut Client) -> Vec<Value> {
    let told = member.within(Duration::from_secs(20)).await;
    let notices = told.into_iter().map(|message| message["push"]["pub"]["data"].clone());
    notices.filter(|data| data["event"] == "memberchange").collect()
}

async fn count(member: &mut Client) -> Value {
    member.ask("presence_stats", json!({ "channel": "g:g1" })).await["presence_stats"]["num_clients"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_group_that_comes_back_at_once_has_missed_nothing_and_nobody_is_told() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut watcher = server.client("watcher").await;
    watcher.join("g1").await;
    let members = everybody(&server, None).await;
    notices(&mut watcher).await;
    for member in members {
        member.drop_link();
    }
    for number in 0..50 {
        server.announce(&at, &number.to_string()).await;
    }
    let _members = everybody(&server, Some(0)).await;
    assert_eq!(notices(&mut watcher).await, Vec::<Value>::new());
    assert_eq!(count(&mut watcher).await, MEMBERS + 1);
    assert_eq!(server.hub.counters().recovered.get(), MEMBERS as u64);
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_goings_and_comings_is_told_in_few_notices_that_end_with_the_exact_count() {
    let config = RealtimeConfig { grace_seconds: 0, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    server.group("g1").await;
    let mut watcher = server.client("watcher").await;
    watcher.join("g1").await;
    let members = everybody(&server, None).await;
    let settled = |told: &[Value], members: usize| {
        assert!((1..=4).contains(&told.len()), "{} notices", told.len());
        assert_eq!(told.last().map(|last| last["memberCount"].clone()), Some(json!(members)));
    };
    settled(&notices(&mut watcher).await, MEMBERS + 1);
    for member in members {
        member.drop_link();
    }
    settled(&notices(&mut watcher).await, 1);
    assert_eq!(count(&mut watcher).await, 1);
    let _members = everybody(&server, None).await;
    settled(&notices(&mut watcher).await, MEMBERS + 1);
    assert_eq!(count(&mut watcher).await, MEMBERS + 1);
}

#[tokio::test(start_paused = true)]
async fn a_drain_sends_a_crowd_elsewhere_by_and_by_and_in_time() {
    for (a_second, at_least, at_most) in [(1_000, 256, 500), (1, 2_000, 2_600), (0, 0, 50)] {
        let config = RealtimeConfig { drain_per_second: a_second, ..quick() };
        let server = Server::with(config, Limits::default()).await;
        let mut members = Vec::new();
        for number in 0..MEMBERS {
            members.push(server.client(&format!("m{number}")).await);
        }
        let begun = Instant::now();
        let hub = server.hub.clone();
        let drained = tokio::spawn(async move { hub.drain(Duration::from_secs(6)).await });
        let ends = members.into_iter().map(|mut member| {
            tokio::spawn(async move {
                assert_eq!(member.ended().await.code, 3001);
                begun.elapsed().as_millis()
            })
        });
        let mut last = 0;
        for end in ends.collect::<Vec<_>>() {
            last = last.max(end.await.unwrap());
        }
        drained.await.unwrap();
        assert!(
            (at_least..=at_most).contains(&last),
            "at {a_second} a second the last was sent after {last} ms"
        );
    }
}
