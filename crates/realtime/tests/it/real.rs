//! The main way on what the server runs on: TCP, the embedded store, the memory bus, several threads, the real time.

use std::{net::SocketAddr, sync::Arc};

use muster_bus::memory::MemoryBus;
use muster_core::{
    app::Generation,
    id::{AccountId, GroupId, GroupRef, NodeId, UserId},
    limits::Limits,
    seal::MasterKey,
    service::{AppScope, Dependencies, Muster, NewApp, NewGroup, OpenApp},
    testing::{ManualClock, NobodyThere, Seeded},
    time::Millis,
};
use muster_realtime::{
    Hub, RealtimeConfig,
    login::{LiveLogin, live_connect_token},
    protocol::Form,
    serve_socket,
};
use muster_store::sqlite::{SqliteOptions, SqliteStore};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Client, talk_to_two_groups};

const NOW: i64 = 1_800_000_000;

struct Real {
    muster: Arc<Muster>,
    app: OpenApp,
    address: SocketAddr,
    _directory: tempfile::TempDir,
}

impl Real {
    async fn start(config: RealtimeConfig) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let random = Arc::new(Seeded::new(3));
        let options = SqliteOptions::default();
        let muster = Arc::new(Muster::new(Dependencies {
            store: Arc::new(SqliteStore::open(directory.path(), &options, random.clone()).unwrap()),
            bus: Arc::new(MemoryBus::new()),
            clock: Arc::new(ManualClock::new(Millis::from_seconds(NOW))),
            random,
            outbound: Arc::new(NobodyThere),
            auditor: Arc::new(NobodyThere),
            master: Arc::new(MasterKey::new(&[7; 32])),
            limits: Limits::default(),
            node: NodeId::new("n1").unwrap(),
        }));
        let account = AccountId::new("1234567890123456").unwrap();
        let scope = AppScope { account: &account, generation: Generation::Two, data_center: None };
        let app = muster.apps().create(scope, NewApp::default()).await.unwrap();
        let hub = Hub::start(muster.clone(), config).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                tokio::spawn(serve_socket(hub.clone(), stream, Form::Json, Some(peer)));
            }
        });
        Self { muster, app, address, _directory: directory }
    }

    async fn group(&self, id: &str) -> GroupRef {
        let new = NewGroup { id: Some(GroupId::new(id).unwrap()), ..NewGroup::default() };
        self.muster.groups().create(&self.app, new).await.unwrap().group.at
    }

    async fn client(&self, user: &str) -> Client<TcpStream> {
        let id = UserId::new(user).unwrap();
        let timestamp = NOW + 60;
        let token = self.muster.logins().token(&self.app, &id, "AK-nonce", timestamp, "").unwrap();
        let token = live_connect_token(&LiveLogin {
            app_id: self.app.id.as_str(),
            user_id: user,
            nonce: "AK-nonce",
            timestamp,
            token: &token,
            ..LiveLogin::default()
        });
        let mut client = Client::over(TcpStream::connect(self.address).await.unwrap()).await;
        let reply = client.ask("connect", json!({ "token": token })).await;
        assert!(reply["connect"]["client"].is_string(), "{reply}");
        client
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_talk_at_once_and_each_hears_the_stream_without_a_hole() {
    const SENDERS: u64 = 32;
    const EACH: u64 = 10;
    let server = Real::start(RealtimeConfig::default()).await;
    server.group("g1").await;
    let mut clients = Vec::new();
    for number in 0..SENDERS {
        let mut client = server.client(&format!("u{number}")).await;
        let joined = client.join("g1").await;
        assert_eq!(joined["data"]["statistics"]["onlineCount"], number + 1);
        clients.push(client);
    }
    let talks = clients.into_iter().map(|mut client| {
        tokio::spawn(async move {
            for _ in 0..EACH {
                client.send("publish", json!({ "channel": "g:g1", "data": "x" })).await;
            }
            for expected in 1..=SENDERS * EACH {
                assert_eq!(client.event("recvgroupmessage").await["offset"], expected);
            }
        })
    });
    for talk in talks.collect::<Vec<_>>() {
        talk.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_comes_back_is_removed_and_the_group_is_closed() {
    let server = Real::start(RealtimeConfig { grace_seconds: 1, ..RealtimeConfig::default() }).await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    let joined = anna.join("g1").await;
    let epoch = joined["epoch"].as_str().unwrap().to_owned();
    anna.event("memberchange").await;

    let mut ben = server.client("ben").await;
    ben.join("g1").await;
    assert_eq!(anna.event("memberchange").await["data"]["joinUsers"][0]["userId"], "ben");
    ben.drop_link();
    for text in ["one", "two"] {
        anna.ask("publish", json!({ "channel": "g:g1", "data": text })).await;
    }
    let mut ben = server.client("ben").await;
    let back = ben.rejoin("g1", &epoch, 0).await;
    assert_eq!(back["recovered"], true);
    assert_eq!(back["publications"][1]["data"]["data"], "two");

    let group = server.muster.groups().open(&server.app, &at.group).await.unwrap();
    server.muster.rosters().kick(&group, &UserId::new("ben").unwrap()).await.unwrap();
    assert_eq!(ben.event("exit").await["data"]["reason"], 2);
    assert_eq!(ben.next().await["push"]["unsubscribe"]["code"], 2101);
    assert_eq!(anna.event("memberchange").await["data"]["leaveUsers"][0]["userId"], "ben");

    ben.join("g1").await;
    assert_eq!(anna.event("memberchange").await["data"]["joinUsers"][0]["userId"], "ben");
    ben.drop_link();
    let gone = anna.event("memberchange").await["data"].clone();
    assert_eq!((&gone["leaveUsers"][0]["userId"], &gone["memberCount"]), (&json!("ben"), &json!(1)));

    server.muster.groups().delete(&server.app, &at.group, None).await.unwrap();
    assert_eq!(anna.event("exit").await["offset"], 3);
    assert_eq!(anna.next().await["push"]["unsubscribe"]["code"], 2102);
    let error = anna.ask("subscribe", json!({ "channel": "g:g1" })).await["error"].clone();
    assert_eq!(error["code"], 441);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_messages_to_two_groups_keep_the_order_of_each_in_the_embedded_store() {
    let config = RealtimeConfig { messages_per_client: 0, queue_bytes: 1 << 26, ..RealtimeConfig::default() };
    let server = Real::start(config).await;
    for group in ["a", "b"] {
        server.group(group).await;
    }
    talk_to_two_groups(server.client("anna").await).await;
}
