//! A whole hub with the turns of its threads in many orders: sessions that log in, join, talk, break and come back, over the
//! store and the bus in memory.
//!
//! `shuttle` does not know the hub's tasks: they are the runtime's. So the runtime is one thread of the scene among the others.
//! When it has its turn it lets some time pass and carries on whatever tasks can go on; where one of them, or a session, takes
//! a lock of this crate, any other thread may go on instead. Here is the border: the order of the tasks among themselves is
//! the runtime's own, and neither the locks of store and bus nor tokio's own queues and locks are places where turns change,
//! so that each change of the store is one step. What lies beyond, the simulation in `tests/it/simulation` draws in simulated
//! time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use muster_bus::memory::MemoryBus;
use muster_core::{
    app::Generation,
    callback::LogoffReason,
    id::{AccountId, GroupId, GroupRef, NodeId, UserId},
    limits::Limits,
    message::StreamRef,
    seal::MasterKey,
    service::{AppScope, Dependencies, Muster, NewApp, NewGroup, OpenApp},
    testing::{ManualClock, NobodyThere, Seeded},
    time::Millis,
};
use muster_store::memory::MemoryStore;
use serde_json::{Value, json};
use shuttle::{future::block_on, thread};
use tokio::runtime::{Builder, Runtime};

use super::{Connection, Hub};
use crate::{
    config::RealtimeConfig,
    lock::interleaved::in_some_orders,
    login::{LiveLogin, live_connect_token},
    protocol::Form,
    session::Session,
    transport::TransportKind,
};

/// Orders drawn from each seed: each has a store of its own, which takes long to make.
const ORDERS: usize = 25;
const NOW: i64 = 1_800_000_000;
/// What the runtime lets pass in one turn.
const TURN: Duration = Duration::from_millis(50);
/// A message each before the break and behind it.
const SAID: usize = 2;

/// The number of the command that says something.
const SAYS: u64 = 3;

struct Scene {
    hub: Arc<Hub>,
    app: OpenApp,
    at: GroupRef,
    over: AtomicBool,
}

impl Scene {
    fn begin() -> Arc<Self> {
        let muster = Arc::new(Muster::new(Dependencies {
            store: Arc::new(MemoryStore::open(Arc::new(Seeded::new(1))).unwrap()),
            bus: Arc::new(MemoryBus::new()),
            clock: Arc::new(ManualClock::new(Millis::from_seconds(NOW))),
            random: Arc::new(Seeded::new(2)),
            outbound: Arc::new(NobodyThere),
            auditor: Arc::new(NobodyThere),
            master: Arc::new(MasterKey::new(&[7; 32])),
            limits: Limits::default(),
            node: NodeId::new("n1").unwrap(),
        }));
        let hub = Hub::start(Arc::clone(&muster), RealtimeConfig::default()).unwrap();
        let account = AccountId::new("1234567890123456").unwrap();
        let scope = AppScope { account: &account, generation: Generation::Two, data_center: None };
        let app = block_on(muster.apps().create(scope, NewApp::default())).unwrap();
        let group = NewGroup { id: Some(GroupId::new("g").unwrap()), ..NewGroup::default() };
        let at = block_on(muster.groups().create(&app, group)).unwrap().group.at;
        Arc::new(Self { hub, app, at, over: AtomicBool::new(false) })
    }

    /// Carries the runtime's tasks on until the scene is over.
    fn carry_on(&self, runtime: &Runtime) {
        while !self.over.load(Ordering::SeqCst) {
            runtime.block_on(tokio::time::advance(TURN));
            thread::yield_now();
        }
    }

    fn token(&self, user: &str) -> String {
        let id = UserId::new(user).unwrap();
        let token = self.hub.muster.logins().token(&self.app, &id, "AK-nonce", NOW + 3_600, "").unwrap();
        live_connect_token(&LiveLogin {
            app_id: self.app.id.as_str(),
            user_id: user,
            nonce: "AK-nonce",
            timestamp: NOW + 3_600,
            role: "",
            token: &token,
            user_extension: None,
        })
    }

    fn members(&self) -> u64 {
        block_on(self.hub.muster.delivery().roster(&self.at)).unwrap().count
    }
}

/// A user with a connection, who keeps what an SDK does.
struct Person {
    scene: Arc<Scene>,
    name: &'static str,
    line: Option<(Session, Arc<Connection>)>,
    position: Option<(String, u64)>,
    from: u64,
    seen: Vec<u64>,
    count: u64,
    /// Messages of its own that are stored.
    said: usize,
}

impl Person {
    fn new(scene: &Arc<Scene>, name: &'static str) -> Self {
        let scene = Arc::clone(scene);
        Self { scene, name, line: None, position: None, from: 0, seen: Vec::new(), count: 0, said: 0 }
    }

    /// Logs in and joins, all at once, behind what it has seen.
    fn come(&mut self) {
        let connection = self.scene.hub.admit(TransportKind::WebSocket, Form::Json).unwrap();
        let session = Session::new(Arc::clone(&self.scene.hub), Arc::clone(&connection), None);
        self.line = Some((session, connection));
        let mut subscribe = json!({ "channel": "g:g" });
        if let Some((epoch, offset)) = &self.position {
            subscribe = json!({ "channel": "g:g", "recover": true, "epoch": epoch, "offset": offset });
        }
        self.say(&[
            json!({ "id": 1, "connect": { "token": self.scene.token(self.name) } }),
            json!({ "id": 2, "subscribe": subscribe }),
        ]);
    }

    /// Says something, and waits until it is stored: what has not begun when a connection ends never does.
    fn publish(&mut self) {
        let publish = json!({ "channel": "g:g", "data": self.name });
        self.say(&[json!({ "id": SAYS, "publish": publish })]);
        let said = self.said + 1;
        self.listen_until(|person| person.said == said);
    }

    fn leave(&mut self) {
        self.say(&[json!({ "id": 4, "unsubscribe": { "channel": "g:g" } })]);
    }

    fn say(&mut self, commands: &[Value]) {
        let lines: Vec<_> = commands.iter().map(Value::to_string).collect();
        let (session, _) = self.line.as_mut().expect("it is connected");
        block_on(session.frame(lines.join("\n").as_bytes())).unwrap();
    }

    /// Breaks off. What has arrived by then it has seen.
    fn go(&mut self) {
        self.listen();
        let (session, connection) = self.line.take().expect("it is connected");
        block_on(session.finish());
        self.scene.hub.depart(&connection, LogoffReason::Lost);
    }

    /// Takes in what has arrived.
    fn listen(&mut self) {
        let (_, connection) = self.line.as_ref().expect("it is connected");
        let connection = Arc::clone(connection);
        let mut batch = Vec::new();
        let end = connection.outbox.take(&mut batch);
        assert_eq!(end, None, "{} is closed by nobody", self.name);
        for message in &batch {
            self.hear(&serde_json::from_slice(message.as_bytes()).unwrap());
        }
        connection.outbox.written(batch.iter().map(|message| message.len()).sum());
    }

    fn hear(&mut self, message: &Value) {
        assert!(message["error"].is_null(), "{}: {message}", self.name);
        self.said += usize::from(message["id"] == SAYS);
        let subscribed = &message["subscribe"];
        if subscribed.is_object() {
            let offset = subscribed["offset"].as_u64().unwrap_or(0);
            match &self.position {
                Some(_) => assert_eq!(subscribed["recovered"], true, "{}: {message}", self.name),
                None => self.from = offset,
            }
            let (epoch, before) = self.position.take().unwrap_or_default();
            let told = subscribed["epoch"].as_str().unwrap().to_owned();
            assert!(epoch.is_empty() || (epoch == told && before == offset), "{}: {message}", self.name);
            self.position = Some((told, offset));
            self.count = subscribed["data"]["statistics"]["onlineCount"].as_u64().unwrap();
            for publication in subscribed["publications"].as_array().into_iter().flatten() {
                self.publication(publication);
            }
        } else if message["push"]["channel"] == "g:g" {
            self.publication(&message["push"]["pub"]);
        }
    }

    fn publication(&mut self, publication: &Value) {
        if let (Some(offset), Some((_, position))) = (publication["offset"].as_u64(), &mut self.position) {
            *position = offset;
            self.seen.push(offset);
        } else if publication["data"]["event"] == "memberchange" {
            self.count = publication["data"]["memberCount"].as_u64().unwrap();
        }
    }

    /// Listens until this holds.
    fn listen_until(&mut self, holds: impl Fn(&Self) -> bool) {
        self.listen();
        while !holds(self) {
            thread::yield_now();
            self.listen();
        }
    }
}

/// Plays a scene with a hub, whose runtime is a thread of it.
fn with_a_hub(scene: impl Fn(&Arc<Scene>) + Send + Sync + 'static) {
    in_some_orders(ORDERS, move || {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let runtime = Arc::new(runtime);
        {
            let _entered = runtime.enter();
            let stage = Scene::begin();
            let carrying = {
                let (stage, runtime) = (Arc::clone(&stage), Arc::clone(&runtime));
                thread::spawn(move || stage.carry_on(&runtime))
            };
            scene(&stage);
            stage.over.store(true, Ordering::SeqCst);
            carrying.join().unwrap();
        }
    });
}

#[test]
fn who_talks_breaks_off_and_comes_back_sees_everything_once_and_knows_how_many_there_are() {
    with_a_hub(|scene| {
        let staying: Vec<_> = ["ada", "ben"]
            .map(|name| {
                let mut person = Person::new(scene, name);
                thread::spawn(move || {
                    person.come();
                    person.publish();
                    person.go();
                    person.come();
                    person.publish();
                    person
                })
            })
            .into();
        let going = {
            let mut kim = Person::new(scene, "kim");
            thread::spawn(move || {
                kim.come();
                kim.leave();
                kim.go();
            })
        };
        let mut people: Vec<_> = staying.into_iter().map(|person| person.join().unwrap()).collect();
        going.join().unwrap();
        let all = (people.len() * SAID) as u64;
        for person in &mut people {
            person.listen_until(|person| person.seen.last() == Some(&all) && person.count == 2);
            assert_eq!(person.seen, (person.from + 1..=all).collect::<Vec<_>>(), "{}", person.name);
        }
        assert_eq!(scene.members(), 2);
        people.iter_mut().for_each(Person::go);
        while scene.members() > 0 {
            thread::yield_now();
        }
        assert!(scene.hub.feed(&StreamRef::Group(scene.at.clone())).is_none(), "nobody follows it");
        assert_eq!(scene.hub.connections.values().iter().count(), 0);
    });
}
