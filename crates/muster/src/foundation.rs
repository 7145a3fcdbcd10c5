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
    random::Random,
    seal::MasterKey,
    service::{Muster, Node},
    store::{Admissions, Store},
};
use muster_store::{postgres::PostgresStore, sqlite::SqliteStore};

use crate::{
    config::Configuration,
    data::{existing_master_key, master_key, master_key_or_new},
    system::System,
};

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
        if configuration.store.is_empty() {
            return Self::embedded(configuration, directory);
        }
        let system = Arc::new(System::new());
        let random: Arc<dyn Random> = system.clone();
        let store = Arc::new(open_postgres(configuration, Arc::clone(&random)).await?);
        let master = claimed_master_key(configuration, directory, &store, &*random).await?;
        let node = NodeId::new(&random.hex(16))?;
        let bus: Arc<dyn Bus> = if configuration.bus.is_empty() {
            Arc::new(MemoryBus::default())
        } else {
            let options = NatsOptions::parse(&configuration.bus).context("`bus`")?;
            Arc::new(NatsBus::connect(&options, &node, &*random).await.context("`bus`")?)
        };
        let admissions: Arc<dyn Admissions> = store.clone();
        let muster = domain(configuration, store, bus, master, node, system);
        Ok(Self { muster, admissions: Some(admissions) })
    }

    /// Opens the embedded store of a data directory, with the bus of a single node.
    pub(crate) fn embedded(configuration: &Configuration, directory: &Path) -> anyhow::Result<Self> {
        let system = Arc::new(System::new());
        let random: Arc<dyn Random> = system.clone();
        let master = master_key(&configuration.master_key_file(directory), &*random)?;
        let store = open_sqlite(configuration, directory, Arc::clone(&random))?;
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

/// The embedded store of a data directory.
pub(crate) fn open_sqlite(
    configuration: &Configuration,
    directory: &Path,
    random: Arc<dyn Random>,
) -> anyhow::Result<SqliteStore> {
    SqliteStore::open(directory, &configuration.sqlite, random)
        .with_context(|| format!("the store in {} cannot be opened", directory.display()))
}

/// The store that `store` names.
pub(crate) async fn open_postgres(
    configuration: &Configuration,
    random: Arc<dyn Random>,
) -> anyhow::Result<PostgresStore> {
    PostgresStore::open(&configuration.store, &configuration.postgres, random).await.context("`store`")
}

/// What is said of a master key that the database does not belong to.
pub(crate) fn foreign_key(file: &Path) -> String {
    format!(
        "the master key {} is not the one that the database belongs to: copy the file `master.key` of a node that \
         runs on it, or name it with `--master-key`",
        file.display()
    )
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

/// The master key that the database's secrets are sealed under: every node must have the same. The first node on a
/// fresh database makes it.
async fn claimed_master_key(
    configuration: &Configuration,
    directory: &Path,
    store: &PostgresStore,
    random: &dyn Random,
) -> anyhow::Result<MasterKey> {
    let file = configuration.master_key_file(directory);
    let (key, made) = match existing_master_key(&file)? {
        Some(key) => (key, false),
        None if store.has_master().await? => anyhow::bail!(
            "there is no master key at {}, but the database belongs to one: copy the file `master.key` of a node that \
             runs on it, or name it with `--master-key`",
            file.display()
        ),
        None => master_key_or_new(&file, random)?,
    };
    if store.claim_master(&key.check_value()).await? {
        return Ok(key);
    }
    if made {
        // Another node has claimed the database at this moment; a key that belongs to nothing must not stay behind.
        std::fs::remove_file(&file)?;
    }
    anyhow::bail!(foreign_key(&file))
}
