//! `muster bench`: what the measures (the crate `muster-bench`) need of this program.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use muster_bench::{Host, Options, Services};
use muster_core::service::{Muster, NewAccount};

use crate::{config::Configuration, first_start, foundation::Foundation, invocation};

/// This program.
struct Program;

impl Host for Program {
    async fn open(&self, directory: &Path, services: &Services) -> anyhow::Result<(Arc<Muster>, NewAccount)> {
        let Services { store, bus } = services.clone();
        let configuration =
            Configuration { data: directory.to_owned(), store, bus, ..Configuration::default() };
        let muster = Foundation::lay(&configuration, directory).await?.muster;
        let made = first_start::make_account(&muster, &first_start::Given::default()).await?;
        Ok((muster, made.context("the store must be fresh: it has an account already")?))
    }
}

/// Makes the measures over the services that the configuration names.
pub(crate) fn run(options: &Options, configuration: &Configuration) -> anyhow::Result<()> {
    let services = Services { store: configuration.store.clone(), bus: configuration.bus.clone() };
    invocation::runtime()?.block_on(muster_bench::run(options, services, &Program))
}
