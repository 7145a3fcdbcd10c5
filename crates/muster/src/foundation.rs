//! What the server stands on: the domain over the store and the bus that the configuration names.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use muster_bus::memory::MemoryBus;
use muster_core::{
    bus::Bus,
    id::NodeId,
    random::Random,
    seal::MasterKey,
    service::{Muster, Node},
    store::{Admissions, Store},
};
use muster_store::sqlite::SqliteStore;

use crate::{config::Configuration, data::master_key, system::System};

/// How long a bus has to hand over what waits when the process ends.
const BUS_CLOSE: Duration = Duration::from_secs(1);

/// The domain, laid on its store and bus.
pub(crate) struct Foundation {
    pub(crate) muster: Arc<Muster>,
    /// Where nonces and quotas are shared with other nodes; `None` with the embedded store, which has one node.
    pub(crate) admissions: Option<Arc<dyn Admissions>>,
}

impl Foundation {
    /// Opens what the configuration names.
    pub(crate) async fn lay(configuration: &Configuration, directory: &Path) -> anyhow::Result<Self> {
        Self::embedded(configuration, directory)
    }

    /// Opens the embedded store of a data directory, with the bus of a single node.
    pub(crate) fn embedded(configuration: &Configuration, directory: &Path) -> anyhow::Result<Self> {
        let system = Arc::new(System::new());
        let random: Arc<dyn Random> = system.clone();
        let master = master_key(&configuration.master_key_file(directory), &*random)?;
        let store = SqliteStore::open(directory, &configuration.sqlite, Arc::clone(&random))
            .with_context(|| format!("the store in {} cannot be opened", directory.display()))?;
        let node = NodeId::new(&random.hex(16))?;
        let bus = Arc::new(MemoryBus::default());
        Ok(Self {
            muster: domain(configuration, Arc::new(store), bus, master, node, system),
            admissions: None,
        })
    }

    /// Writes what is only in memory, and stops.
    pub(crate) async fn close(&self) -> anyhow::Result<()> {
        self.muster.bus.close(BUS_CLOSE).await;
        Ok(self.muster.store.close().await?)
    }
}

fn domain(
    configuration: &Configuration,
    store: Arc<dyn Store>,
    bus: Arc<dyn Bus>,
    master: MasterKey,
    node: NodeId,
    system: Arc<System>,
) -> Arc<Muster> {
    Arc::new(Muster {
        store,
        bus,
        clock: system.clone(),
        random: system,
        master: Arc::new(master),
        limits: configuration.domain_limits(),
        node: Node::new(node),
    })
}
