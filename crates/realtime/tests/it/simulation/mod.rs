//! Members of one group on three nodes, in simulated time, over a network that loses, delays, doubles, overtakes and breaks:
//! each of them sees every stored message once and in order, and in the end everybody knows how many there are.
//!
//! Hub, sessions, transport and rules are the real ones; the store is the one in memory, late by a random time, and fails for a while in the end. All draws
//! come from a seed. `MUSTER_SEEDS=100` has it go on with the next so many seeds, `MUSTER_SEED` tries a single one.

mod line;
mod member;
mod network;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::join_all;
use muster_core::{
    app::Generation,
    id::{AccountId, GroupId, GroupRef, UserId},
    limits::Limits,
    message::{Body, Event, Sender, StreamRef, Weight},
    seal::MasterKey,
    service::{AppScope, Dependencies, Muster, NewApp, NewGroup, OpenApp, OperatorMessage},
    store::Messages as _,
    testing::{ManualClock, NobodyThere, Seeded},
    time::Millis,
};
use muster_realtime::{
    Hub, Opening, RealtimeConfig, TransportKind,
    login::{LiveLogin, live_connect_token},
    protocol::Form,
    serve_answer, serve_socket,
};
use tokio::{io::DuplexStream, sync::watch, time::sleep};

use self::{
    line::Way,
    member::{AFTERWARDS, Account, Member},
    network::{Network, NodeBus, SLOW, link, name_of},
};
use crate::support::TestStore;

const NODES: usize = 3;
/// Members who stay, and as many who go in the end.
const MEMBERS: usize = 8;
const GROUP: &str = "g";
/// How long the network is rough.
const ROUGH: Duration = Duration::from_secs(60);
/// When, in the calm behind, the store begins to fail, and for how long: whoever has gone without a word is out of the group
/// `grace_seconds` after it, 10, and the node has to try again.
const FAILS_AFTER: Duration = Duration::from_secs(8);
const FAILS_FOR: Duration = Duration::from_secs(20);
/// How late the store answers at most.
const STORE_LATE: Duration = Duration::from_millis(12);
/// How long the operator is silent in the mean, in milliseconds.
const SILENT: f64 = 400.0;
/// What the tests run with.
const SEEDS: [u64; 4] = [1, 2, 3, 4];
const NOW: i64 = 1_800_000_000;

#[test]
fn members_on_a_network_that_loses_delays_and_reorders_see_every_message_once_and_the_exact_count() {
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever looks for more than the usual seeds show says so there"
    )]
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seeds: Vec<_> = match (number("MUSTER_SEED"), number("MUSTER_SEEDS")) {
        (Some(seed), _) => vec![seed],
        (None, Some(many)) => (1..=many).collect(),
        (None, None) => SEEDS.to_vec(),
    };
    for seed in seeds {
        eprintln!("MUSTER_SEED={seed}");
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(live(seed));
    }
}

/// How far the simulation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Rough,
    Calm,
    Over,
}

struct World {
    network: Arc<Network>,
    store: Arc<TestStore>,
    nodes: Vec<(Arc<Muster>, Arc<Hub>)>,
    app: OpenApp,
    at: GroupRef,
    act: watch::Sender<Act>,
}

async fn live(seed: u64) {
    let world = World::begin(seed).await;
    let way = |number: usize| Way::ALL[number % Way::ALL.len()];
    let stay = (0..MEMBERS).map(|number| {
        let member = Member::new(&world, format!("stays{number}"), way(number));
        tokio::spawn(member.stay())
    });
    let staying: Vec<_> = stay.collect();
    let go = (0..MEMBERS).map(|number| {
        let member = Member::new(&world, format!("goes{number}"), way(number));
        tokio::spawn(member.go(number < MEMBERS / 2))
    });
    let going: Vec<_> = go.collect();
    let talking = tokio::spawn(Arc::clone(&world).talk());
    sleep(ROUGH).await;
    world.network.calm();
    world.act.send_replace(Act::Calm);
    talking.await.unwrap();
    join_all(going).await.into_iter().for_each(|gone| gone.unwrap());
    sleep(FAILS_AFTER).await;
    world.store.set_broken(true);
    sleep(FAILS_FOR).await;
    world.store.set_broken(false);
    sleep(AFTERWARDS).await;
    world.announce("last").await;
    sleep(AFTERWARDS).await;
    assert_eq!(world.logged_in("stays").await, [true; MEMBERS]);
    assert_eq!(world.logged_in("goes").await, [false; MEMBERS], "whoever is seen off is logged off too");
    world.act.send_replace(Act::Over);
    let log = world.log().await;
    let members = world.store.members(&world.at).len();
    assert_eq!(members, MEMBERS);
    for account in join_all(staying).await {
        check(&account.unwrap(), &log, members as u64);
    }
}

/// Compares what a member has seen with the log.
fn check(account: &Account, log: &[(u64, String)], members: u64) {
    assert!(account.connections > 5, "{} connections", account.connections);
    let expected: Vec<_> = log.iter().filter(|(offset, _)| *offset > account.from).cloned().collect();
    assert!(expected.len() > 100, "{} messages", expected.len());
    assert_eq!(account.seen, expected);
    assert_eq!(account.count, members);
}

impl World {
    async fn begin(seed: u64) -> Arc<Self> {
        let network = Network::new(seed, NODES);
        let store = Arc::new(TestStore::default());
        let nodes: Vec<_> = (0..NODES).map(|place| Self::node(seed, place, &network, &store)).collect();
        let muster = &nodes[0].0;
        let account = AccountId::new("1234567890123456").unwrap();
        let scope = AppScope { account: &account, generation: Generation::Two, data_center: None };
        let app = muster.apps().create(scope, NewApp::default()).await.unwrap();
        let group = NewGroup { id: Some(GroupId::new(GROUP).unwrap()), ..NewGroup::default() };
        let at = muster.groups().create(&app, group).await.unwrap().group.at;
        store.be_late(seed, STORE_LATE);
        Arc::new(Self { network, store, nodes, app, at, act: watch::Sender::new(Act::Rough) })
    }

    fn node(
        seed: u64,
        place: usize,
        network: &Arc<Network>,
        store: &Arc<TestStore>,
    ) -> (Arc<Muster>, Arc<Hub>) {
        let muster = Arc::new(Muster::new(Dependencies {
            store: store.clone(),
            bus: Arc::new(NodeBus { network: Arc::clone(network), place }),
            clock: Arc::new(ManualClock::new(Millis::from_seconds(NOW))),
            random: Arc::new(Seeded::new(seed * 1_000 + place as u64)),
            outbound: Arc::new(NobodyThere),
            auditor: Arc::new(NobodyThere),
            master: Arc::new(MasterKey::new(&[7; 32])),
            limits: Limits::default(),
            node: name_of(place),
        }));
        let hub = Hub::start(muster.clone(), RealtimeConfig::default()).unwrap();
        (muster, hub)
    }

    fn any_hub(&self) -> &Arc<Hub> {
        &self.nodes[self.network.draws.one_of(NODES)].1
    }

    /// A link: the member's end, and the node's.
    fn link(&self) -> (DuplexStream, DuplexStream) {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let (node, accepted) = tokio::io::duplex(1 << 20);
        tokio::spawn(link(Arc::clone(&self.network), theirs, node));
        (ours, accepted)
    }

    /// A WebSocket to any node.
    fn dial(&self, form: Form) -> DuplexStream {
        let (ours, accepted) = self.link();
        tokio::spawn(serve_socket(Arc::clone(self.any_hub()), accepted, form, None));
        ours
    }

    /// A request to any node whose answer is a connection.
    fn ask(&self, transport: TransportKind, commands: &str) -> DuplexStream {
        let (ours, accepted) = self.link();
        let commands = commands.to_owned().into();
        let opening = Opening { transport, form: Form::Json, commands, head: Bytes::new(), chunked: false };
        tokio::spawn(serve_answer(Arc::clone(self.any_hub()), accepted, opening, None));
        ours
    }

    /// A request with commands to any node; whether they were taken, as far as its client knows.
    async fn post(&self, body: &str) -> bool {
        sleep(self.network.draws.below(SLOW)).await;
        self.any_hub().emulate(Form::Json, body.as_bytes()).await.is_ok()
    }

    /// Which of the members of a kind are logged in.
    async fn logged_in(&self, kind: &str) -> Vec<bool> {
        let users: Vec<_> =
            (0..MEMBERS).map(|number| UserId::new(&format!("{kind}{number}")).unwrap()).collect();
        self.nodes[0].0.logins().signed_in(&self.app, &users).await.unwrap()
    }

    fn token(&self, user: &str) -> String {
        let (id, expires) = (UserId::new(user).unwrap(), NOW + 3_600);
        let token = self.nodes[0].0.logins().token(&self.app, &id, "AK-nonce", expires, "").unwrap();
        live_connect_token(&LiveLogin {
            app_id: self.app.id.as_str(),
            user_id: user,
            nonce: "AK-nonce",
            timestamp: expires,
            role: "",
            token: &token,
            user_extension: None,
        })
    }

    /// The operator talks, while the network is rough, once somebody is there.
    async fn talk(self: Arc<Self>) {
        sleep(Duration::from_secs(2)).await;
        let mut number = 0;
        while self.network.is_rough() {
            self.announce(&number.to_string()).await;
            number += 1;
            sleep(self.network.draws.lasting(SILENT)).await;
        }
    }

    async fn announce(&self, text: &str) {
        let (muster, _) = &self.nodes[self.network.draws.one_of(NODES)];
        let group = muster.groups().open(&self.app, &self.at.group).await.unwrap();
        let sender = Sender { user: UserId::new("operator").unwrap(), info: None };
        let message =
            OperatorMessage { weight: Weight::TEXT, ..OperatorMessage::of(sender, Body::new(text).unwrap()) };
        muster.messages().announce(&group, message).await.unwrap();
    }

    /// Positions and ids of all messages of the group.
    async fn log(&self) -> Vec<(u64, String)> {
        let entries = self.store.entries(&StreamRef::Group(self.at.clone()), 0, usize::MAX).await.unwrap();
        let message = |event| match event {
            Event::Message(message) => Some(message.id.to_string()),
            _ => None,
        };
        let said = |event| message(event).expect("nobody does anything but talk");
        entries.into_iter().map(|entry| (entry.sequence, said(entry.event))).collect()
    }

    async fn reached(&self, act: Act) {
        let _ = self.act.subscribe().wait_for(|now| *now >= act).await;
    }

    async fn calm(&self) {
        self.reached(Act::Calm).await;
    }

    async fn over(&self) {
        self.reached(Act::Over).await;
    }

    fn is_over(&self) -> bool {
        *self.act.borrow() == Act::Over
    }
}
