//! A whole server without doors: the domain over an embedded store of its own.

use std::sync::Arc;

use muster_bus::memory::MemoryBus;
use muster_core::{
    app::Generation,
    id::{AccountId, NodeId, UserId},
    limits::Limits,
    seal::MasterKey,
    service::{AppScope, Dependencies, Muster, NewApp, OpenApp},
    testing::{ManualClock, Seeded},
    time::Millis,
};
use muster_realtime::login::{LiveLogin, live_connect_token};
use muster_store::sqlite::{SqliteOptions, SqliteStore};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// When every probe happens: 2027-01-15T08:00:00Z.
const NOW: Millis = Millis(1_800_000_000_000);
/// A nonce as the cloud's own libraries draw it.
const NONCE: &str = "AK-0123456789abcdef";

pub(crate) type Failed = Box<dyn std::error::Error>;

pub(crate) struct Server {
    // Ends before the store does.
    pub(crate) runtime: Runtime,
    pub(crate) muster: Arc<Muster>,
    account: AccountId,
    _directory: TempDir,
}

impl Server {
    /// Starts one with an account and nothing else.
    pub(crate) fn start() -> Result<Self, Failed> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let directory = tempfile::tempdir()?;
        let random = Arc::new(Seeded::new(1));
        let store = SqliteStore::open(directory.path(), &SqliteOptions::default(), random.clone())?;
        let muster = Arc::new(Muster::new(Dependencies {
            store: Arc::new(store),
            bus: Arc::new(MemoryBus::default()),
            clock: Arc::new(ManualClock::new(NOW)),
            random,
            master: Arc::new(MasterKey::new(&[7; 32])),
            limits: Limits::default(),
            node: NodeId::new("probe")?,
        }));
        let account = runtime.block_on(muster.accounts().create(None, None))?.account.id;
        Ok(Self { runtime, muster, account, _directory: directory })
    }

    /// Makes an application of generation 2.
    pub(crate) async fn app(&self) -> Result<OpenApp, Failed> {
        let scope = AppScope { account: &self.account, generation: Generation::Two, data_center: None };
        Ok(self.muster.apps().create(scope, NewApp::default()).await?)
    }

    /// A login that is good for an hour.
    pub(crate) fn token(&self, app: &OpenApp, user: &str) -> Result<String, Failed> {
        let expires = NOW.seconds() + 3_600;
        let token = self.muster.logins().token(app, &UserId::new(user)?, NONCE, expires, "")?;
        Ok(live_connect_token(&LiveLogin {
            app_id: app.id.as_str(),
            user_id: user,
            nonce: NONCE,
            timestamp: expires,
            role: "",
            token: &token,
            user_extension: None,
        }))
    }
}
