//! The domain over an embedded store of its own, without any door.

use std::sync::Arc;

use muster_bus::memory::MemoryBus;
use muster_core::{
    id::NodeId,
    limits::Limits,
    random::Random,
    seal::MasterKey,
    service::{Dependencies, Muster},
    testing::{ManualClock, NobodyThere, Seeded},
    time::Millis,
};
use muster_store::sqlite::{SqliteOptions, SqliteStore};
use tempfile::TempDir;

/// A domain. Its store goes when it is dropped.
pub struct Domain {
    /// The rules.
    pub muster: Arc<Muster>,
    /// Their clock.
    pub clock: Arc<ManualClock>,
    _directory: TempDir,
}

impl Domain {
    /// A domain under these bounds with nothing in it, whose clock shows `now` until it is moved.
    pub fn new(limits: Limits, now: Millis) -> Self {
        let directory = TempDir::new().expect("a directory");
        let random: Arc<dyn Random> = Arc::new(Seeded::new(7));
        let options = SqliteOptions::default();
        let store = SqliteStore::open(directory.path(), &options, Arc::clone(&random)).expect("a store");
        let clock = Arc::new(ManualClock::new(now));
        let muster = Arc::new(Muster::new(Dependencies {
            store: Arc::new(store),
            bus: Arc::new(MemoryBus::default()),
            clock: clock.clone(),
            random,
            outbound: Arc::new(NobodyThere),
            auditor: Arc::new(NobodyThere),
            master: Arc::new(MasterKey::new(&[7; 32])),
            limits,
            node: NodeId::new("node").expect("an id"),
        }));
        Self { muster, clock, _directory: directory }
    }
}
