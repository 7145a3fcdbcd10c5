//! A hub with an application of each generation.

use std::sync::Arc;

use muster_core::{
    app::{Audit, Generation},
    id::{AccountId, GroupId, GroupRef, NodeId, UserId},
    limits::Limits,
    message::{Body, Sender, Weight},
    seal::MasterKey,
    service::{AppScope, Dependencies, Muster, NewApp, NewGroup, OpenApp, OpenGroup, OperatorMessage},
    testing::{ManualClock, NobodyThere, Seeded},
    time::Millis,
};
use muster_realtime::{
    Handshake, Hub, RealtimeConfig,
    login::{LiveLogin, live_connect_token},
    protocol::Form,
    serve_socket,
};

use super::{Client, Gate, TestBus, TestStore};

/// When the tests take place.
const NOW: i64 = 1_800_000_000;

pub(crate) struct Server {
    pub(crate) hub: Arc<Hub>,
    pub(crate) muster: Arc<Muster>,
    pub(crate) store: Arc<TestStore>,
    pub(crate) bus: Arc<TestBus>,
    pub(crate) clock: Arc<ManualClock>,
    /// Asked about what is said in [`Server::app`], if that was made to be moderated.
    pub(crate) gate: Arc<Gate>,
    pub(crate) app: OpenApp,
    pub(crate) first_generation: OpenApp,
}

/// The default configuration.
pub(crate) fn quick() -> RealtimeConfig {
    RealtimeConfig::default()
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(quick(), Limits::default()).await
    }

    pub(crate) async fn with(config: RealtimeConfig, limits: Limits) -> Self {
        Self::of_app(config, limits, NewApp::default()).await
    }

    /// A server whose applications are moderated by its gate.
    pub(crate) async fn moderated(config: RealtimeConfig) -> Self {
        let audit = Audit::Custom("http://gate".to_owned());
        Self::of_app(config, Limits::default(), NewApp { audit, ..NewApp::default() }).await
    }

    async fn of_app(config: RealtimeConfig, limits: Limits, new: NewApp) -> Self {
        let gate = Arc::new(Gate::default());
        let store = Arc::new(TestStore::default());
        let bus = Arc::new(TestBus::default());
        let clock = Arc::new(ManualClock::new(Millis::from_seconds(NOW)));
        let muster = Arc::new(Muster::new(Dependencies {
            store: store.clone(),
            bus: bus.clone(),
            clock: clock.clone(),
            random: Arc::new(Seeded::new(11)),
            outbound: Arc::new(NobodyThere),
            auditor: gate.clone(),
            master: Arc::new(MasterKey::new(&[7; 32])),
            limits,
            node: NodeId::new("n1").unwrap(),
        }));
        let account = AccountId::new("1234567890123456").unwrap();
        let [first_generation, app] = [Generation::One, Generation::Two].map(|generation| {
            let muster = muster.clone();
            let (account, new) = (account.clone(), new.clone());
            async move {
                let scope = AppScope { account: &account, generation, data_center: None };
                muster.apps().create(scope, new).await.unwrap()
            }
        });
        let (first_generation, app) = (first_generation.await, app.await);
        let hub = Hub::start(muster.clone(), config).unwrap();
        Self { hub, muster, store, bus, clock, gate, app, first_generation }
    }

    /// Makes a group of the generation 2 application, run by `boss`.
    pub(crate) async fn group(&self, id: &str) -> GroupRef {
        let new = NewGroup {
            id: Some(GroupId::new(id).unwrap()),
            creator: Some(UserId::new("boss").unwrap()),
            name: Some("Name".into()),
            info: Some("meta".into()),
            ..NewGroup::default()
        };
        self.muster.groups().create(&self.app, new).await.unwrap().group.at
    }

    /// The group at this address, of the generation 2 application.
    pub(crate) async fn opened(&self, at: &GroupRef) -> OpenGroup {
        self.muster.groups().open(&self.app, &at.group).await.unwrap()
    }

    /// A `connect.token` of a user that is good for an hour.
    pub(crate) fn token(&self, user: &str) -> String {
        self.token_of(user, "", NOW + 3600)
    }

    pub(crate) fn token_of(&self, user: &str, role: &str, expires: i64) -> String {
        let id = UserId::new(user).unwrap();
        let token = self.muster.logins().token(&self.app, &id, "AK-nonce", expires, role).unwrap();
        live_connect_token(&LiveLogin {
            app_id: self.app.id.as_str(),
            user_id: user,
            nonce: "AK-nonce",
            timestamp: expires,
            role,
            token: &token,
            user_extension: Some(&format!("{{\"nick\":\"{user}\"}}")),
        })
    }

    /// Opens a connection that has not logged in, with `pipe` bytes between the two sides.
    pub(crate) async fn open_with(&self, pipe: usize) -> Client {
        self.open_as(Form::Json, pipe).await
    }

    /// The same, of a client that speaks this form.
    pub(crate) async fn open_as(&self, form: Form, pipe: usize) -> Client {
        self.open_asking(form.into(), pipe).await
    }

    /// The same, of a client that asks for this in its handshake.
    pub(crate) async fn open_asking(&self, asked: Handshake, pipe: usize) -> Client {
        let (ours, theirs) = tokio::io::duplex(pipe);
        tokio::spawn(serve_socket(self.hub.clone(), theirs, asked, None));
        Client::speaking(asked.form, ours).await
    }

    pub(crate) async fn open(&self) -> Client {
        self.open_with(1 << 20).await
    }

    /// Opens a connection and logs in.
    pub(crate) async fn client(&self, user: &str) -> Client {
        self.client_of(Form::Json, user).await
    }

    /// Opens a connection that speaks this form, and logs in.
    pub(crate) async fn client_of(&self, form: Form, user: &str) -> Client {
        let mut client = self.open_as(form, 1 << 20).await;
        let reply = client.ask("connect", serde_json::json!({ "token": self.token(user) })).await;
        assert!(reply["connect"]["client"].is_string(), "{reply}");
        client
    }

    /// Says something as the operator does.
    pub(crate) async fn announce(&self, at: &GroupRef, text: &str) {
        let sender = Sender { user: UserId::new("operator").unwrap(), info: None };
        let message =
            OperatorMessage { weight: Weight::TEXT, ..OperatorMessage::of(sender, Body::new(text).unwrap()) };
        self.muster.messages().announce(&self.opened(at).await, message).await.unwrap();
    }
}
