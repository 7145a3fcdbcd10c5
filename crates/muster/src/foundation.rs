//! What the server stands on: the domain over the store and the bus that the configuration names.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use muster_bus::{
    memory::MemoryBus,
    nats::{NatsBus, NatsOptions},
};
use muster_core::{
    bus::Bus,
    id::NodeId,
    outbound::Outbound,
    random::Random,
    service::{Dependencies, Muster},
    store::{Admissions, Store},
};
use muster_live::audit::HttpAuditor;
use muster_outbound::HttpOutbound;
use muster_store::{
    postgres::{OpenError, PostgresStore},
    sqlite::{DATABASE_FILE, MARK_FILE, SqliteStore},
};

use crate::{
    config::Configuration,
    failure::misconfigured,
    master::{Draw, master_key},
    system::System,
};

/// How long a bus has to hand over what waits when the process ends.
const BUS_CLOSE: Duration = Duration::from_secs(1);

/// What becomes of a place where there is no store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fresh {
    /// One is made there.
    Make,
    /// It is left as it is, and the failure says so.
    Refuse,
}

/// The domain, laid on its store and bus.
pub(crate) struct Foundation {
    pub(crate) muster: Arc<Muster>,
    /// Where nonces and quotas are shared with other nodes; `None` with the embedded store, which has one node.
    pub(crate) admissions: Option<Arc<dyn Admissions>>,
    /// How addresses that users choose are called.
    pub(crate) outbound: Arc<dyn Outbound>,
}

impl Foundation {
    /// Opens what the configuration names, and makes a store where there is none.
    pub(crate) async fn lay(configuration: &Configuration, directory: &Path) -> anyhow::Result<Self> {
        Self::stand(configuration, directory, Fresh::Make).await
    }

    /// Opens what the configuration names and is there.
    pub(crate) async fn open(configuration: &Configuration, directory: &Path) -> anyhow::Result<Self> {
        Self::stand(configuration, directory, Fresh::Refuse).await
    }

    async fn stand(configuration: &Configuration, directory: &Path, fresh: Fresh) -> anyhow::Result<Self> {
        let system = Arc::new(System::new());
        let outbound = HttpOutbound::new(configuration.outbound.clone()).map_err(misconfigured)?;
        let outbound: Arc<dyn Outbound> = Arc::new(outbound);
        let random: Arc<dyn Random> = system.clone();
        let (store, admissions): (Arc<dyn Store>, Option<Arc<dyn Admissions>>) =
            if configuration.store.is_empty() {
                (Arc::new(open_sqlite(configuration, directory, Arc::clone(&random), fresh)?), None)
            } else {
                let store = Arc::new(open_postgres(configuration, Arc::clone(&random), fresh).await?);
                (store.clone(), Some(store))
            };
        let draw: Draw<'_> = match fresh {
            Fresh::Make => Some(&*random),
            Fresh::Refuse => None,
        };
        let master = master_key(&configuration.master_key_file(directory), &*store, draw).await?;
        let node = NodeId::new(&random.hex(16))?;
        let bus: Arc<dyn Bus> = if configuration.bus.is_empty() {
            Arc::new(MemoryBus::default())
        } else {
            let options = NatsOptions::parse(&configuration.bus).context("`bus`").map_err(misconfigured)?;
            Arc::new(NatsBus::connect(&options, &node, &*random).await.context("`bus`")?)
        };
        let muster = Arc::new(Muster::new(Dependencies {
            store,
            bus,
            clock: system.clone(),
            random: system,
            auditor: Arc::new(HttpAuditor(Arc::clone(&outbound))),
            outbound: Arc::clone(&outbound),
            master: Arc::new(master),
            limits: configuration.domain_limits(),
            node,
        }));
        Ok(Self { muster, admissions, outbound })
    }

    /// Writes what is only in memory, and stops.
    pub(crate) async fn close(&self) -> anyhow::Result<()> {
        Ok(self.muster.close(BUS_CLOSE).await?)
    }
}

/// The embedded store of a data directory.
pub(crate) fn open_sqlite(
    configuration: &Configuration,
    directory: &Path,
    random: Arc<dyn Random>,
    fresh: Fresh,
) -> anyhow::Result<SqliteStore> {
    if fresh == Fresh::Refuse {
        must_hold_store(configuration, directory)?;
    }
    SqliteStore::open(directory, &configuration.sqlite, random)
        .with_context(|| format!("the store in {} cannot be opened", directory.display()))
}

/// The store that `store` names.
pub(crate) async fn open_postgres(
    configuration: &Configuration,
    random: Arc<dyn Random>,
    fresh: Fresh,
) -> anyhow::Result<PostgresStore> {
    let (url, options) = (&configuration.store, &configuration.postgres);
    let opened = match fresh {
        Fresh::Make => PostgresStore::open(url, options, random).await,
        Fresh::Refuse => PostgresStore::open_existing(url, options, random).await,
    };
    opened.map_err(|error| {
        let wrong = matches!(error, OpenError::Url(_) | OpenError::NoStore { .. });
        let error = anyhow::Error::new(error).context("`store`");
        if wrong { misconfigured(error) } else { error }
    })
}

/// Refuses a data directory without the embedded store, when that is what the configuration means.
pub(crate) fn must_hold_store(configuration: &Configuration, directory: &Path) -> anyhow::Result<()> {
    // What is left of a store that was lost is one as well, and opening it says what is missing.
    let holds = [DATABASE_FILE, MARK_FILE].iter().any(|file| directory.join(file).exists());
    if !configuration.store.is_empty() || holds {
        return Ok(());
    }
    Err(misconfigured(anyhow::anyhow!(
        "there is no store in {}: name the data directory with `--data`, or a database with `--store`; \
         `muster serve` makes one",
        directory.display()
    )))
}
