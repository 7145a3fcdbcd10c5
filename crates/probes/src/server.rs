//! A whole server without doors: the domain over an embedded store of its own.

use std::sync::Arc;

use muster_core::{
    app::Generation,
    id::{AccountId, UserId},
    limits::Limits,
    service::{AppScope, Muster, NewApp, OpenApp},
    time::Millis,
};
use muster_realtime::login::{LiveLogin, live_connect_token};
use muster_testbed::Domain;
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
    _domain: Domain,
}

impl Server {
    /// Starts one with an account and nothing else.
    pub(crate) fn start() -> Result<Self, Failed> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let domain = runtime.block_on(async { Domain::new(Limits::default(), NOW) });
        let muster = Arc::clone(&domain.muster);
        let account = runtime.block_on(muster.accounts().create(None, None))?.account.id;
        Ok(Self { runtime, muster, account, _domain: domain })
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
