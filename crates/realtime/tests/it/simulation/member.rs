//! A member as an SDK is one: it keeps its position, comes back after every break and asks for what it has missed.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    GROUP, World,
    line::{Line, Way},
};

/// How long a member stays away in the mean, and waits before it says the next thing, in milliseconds.
const AWAY: f64 = 700.0;
const SILENT: f64 = 4_000.0;
/// Commands that each connection begins with, and the first that is said.
const CONNECT: u64 = 1;
const SUBSCRIBE: u64 = 2;
const LEAVE: u64 = 3;
const FIRST_SAID: u64 = 4;

pub(super) struct Member {
    world: Arc<World>,
    name: String,
    way: Way,
    /// Where it is in the group's stream and in its own: epoch and offset, once it was told.
    group: Option<(String, u64)>,
    own: Option<(String, u64)>,
    pub(super) account: Account,
}

/// What a member has seen.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Behind which position it follows the group.
    pub(super) from: u64,
    /// Offsets and ids of the group's messages, in the order in which they came.
    pub(super) seen: Vec<(u64, String)>,
    /// How many members there are.
    pub(super) count: u64,
    pub(super) connections: u64,
}

impl Member {
    pub(super) fn new(world: &Arc<World>, name: String, way: Way) -> Self {
        let world = Arc::clone(world);
        Self { world, name, way, group: None, own: None, account: Account::default() }
    }

    /// Comes and comes back, and talks, until the end of the world; what it has seen.
    pub(super) async fn stay(mut self) -> Account {
        while !self.world.is_over() {
            let mut line = self.dial().await;
            if self.follow(&mut line).await {
                break;
            }
            drop(line);
            sleep(self.world.network.draws.lasting(AWAY)).await;
        }
        self.account
    }

    /// Does the same until the network has become calm, and goes then: with a word, or without.
    pub(super) async fn go(mut self, politely: bool) {
        let world = Arc::clone(&self.world);
        loop {
            let mut line = self.dial().await;
            tokio::select! {
                _ = self.follow(&mut line) => {}
                () = world.calm() => {
                    if politely {
                        let leave = json!({ "channel": format!("g:{GROUP}") });
                        line.send(&[json!({ "id": LEAVE, "unsubscribe": leave })]).await;
                        sleep(Duration::from_secs(1)).await;
                    }
                    return;
                }
            }
            drop(line);
            sleep(self.world.network.draws.lasting(AWAY)).await;
        }
    }

    /// Connects to any node, logs in and joins, all at once as the SDK for browsers does.
    async fn dial(&mut self) -> Line {
        self.account.connections += 1;
        let behind = |position: &Option<(String, u64)>| match position {
            Some((epoch, offset)) => json!({ "recover": true, "epoch": epoch, "offset": offset }),
            None => json!({}),
        };
        let mut connect = json!({ "token": self.world.token(&self.name) });
        if self.own.is_some() {
            connect["subs"] = json!({ format!("u:{}", self.name): behind(&self.own) });
        }
        let mut subscribe = behind(&self.group);
        subscribe["channel"] = json!(format!("g:{GROUP}"));
        let commands = [
            json!({ "id": CONNECT, "connect": connect }),
            json!({ "id": SUBSCRIBE, "subscribe": subscribe }),
        ];
        Line::dial(&self.world, self.way, &commands).await
    }

    /// Listens and talks until the connection ends, `false`, or the world does, `true`.
    async fn follow(&mut self, line: &mut Line) -> bool {
        let world = Arc::clone(&self.world);
        let silent = || Instant::now() + world.network.draws.lasting(SILENT);
        let (mut id, mut speaks) = (FIRST_SAID, silent());
        loop {
            tokio::select! {
                biased;
                heard = line.next() => {
                    let Some(messages) = heard else { return false };
                    for message in messages {
                        if message != json!({}) {
                            self.hear(&message);
                        } else if !line.send(&[json!({})]).await {
                            return false;
                        }
                    }
                }
                () = sleep_until(speaks), if world.network.is_rough() => {
                    let publish = json!({ "channel": format!("g:{GROUP}"), "data": format!("{} {id}", self.name) });
                    if !line.send(&[json!({ "id": id, "publish": publish })]).await {
                        return false;
                    }
                    (id, speaks) = (id + 1, silent());
                }
                () = world.over() => return true,
            }
        }
    }

    fn hear(&mut self, message: &Value) {
        assert!(message["error"].is_null(), "{}: {message}", self.name);
        let subscribed = &message["subscribe"];
        if message["connect"].is_object() {
            let own = &message["connect"]["subs"][format!("u:{}", self.name)];
            self.own = Some(self.position(own, self.own.as_ref()));
        } else if subscribed.is_object() {
            let position = self.position(subscribed, self.group.as_ref());
            if self.group.is_none() {
                self.account.from = position.1;
            }
            self.group = Some(position);
            self.account.count = subscribed["data"]["statistics"]["onlineCount"].as_u64().unwrap();
            for publication in subscribed["publications"].as_array().into_iter().flatten() {
                self.publication(publication);
            }
        } else if message["push"]["channel"] == format!("g:{GROUP}") {
            assert!(message["push"]["unsubscribe"].is_null(), "{}: {message}", self.name);
            self.publication(&message["push"]["pub"]);
        }
    }

    /// Where a subscription stands. One that was asked to go on does.
    fn position(&self, result: &Value, before: Option<&(String, u64)>) -> (String, u64) {
        let offset = result["offset"].as_u64().unwrap_or(0);
        if let Some((_, behind)) = before {
            assert_eq!((&result["recovered"], offset), (&json!(true), *behind), "{}: {result}", self.name);
        }
        (result["epoch"].as_str().unwrap().to_owned(), offset)
    }

    fn publication(&mut self, publication: &Value) {
        let data = &publication["data"];
        if let (Some(offset), Some((_, position))) = (publication["offset"].as_u64(), &mut self.group) {
            *position = offset;
        }
        if data["event"] == "recvgroupmessage" {
            let id = data["messageId"].as_str().unwrap().to_owned();
            self.account.seen.push((publication["offset"].as_u64().unwrap(), id));
        } else if data["event"] == "memberchange" {
            self.account.count = data["memberCount"].as_u64().unwrap();
        }
    }
}

/// Longer than anything takes that is late, when nothing is lost.
pub(super) const AFTERWARDS: Duration = Duration::from_secs(60);
