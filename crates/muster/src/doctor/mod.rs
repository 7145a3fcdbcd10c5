//! `muster doctor`: whether the machine, the files and the store are such that the server can do its work, and going on
//! after a loss. It changes nothing, unless it is told to accept a loss.

mod finding;
mod machine;
mod private_files;
mod stored;
mod tls_files;

use std::path::Path;

use anyhow::Context as _;
use muster_core::time::Clock as _;
use muster_store::sqlite::{DATABASE_FILE, SqliteStore};

use self::finding::{Finding, Verdict};
use crate::{
    admin::{self, Printout},
    config::Configuration,
    data::{DataDirectory, Unavailable},
    foundation,
    system::System,
};

/// Who has the data directory while the doctor looks.
#[derive(Default)]
struct Holder {
    /// What keeps others away, when the doctor has it.
    _taken: Option<DataDirectory>,
    /// What another process that has it calls itself: most likely a server.
    other: Option<String>,
}

impl Holder {
    fn of(configuration: &Configuration) -> anyhow::Result<Self> {
        if !configuration.data.exists() {
            return Ok(Self::default());
        }
        Ok(match DataDirectory::take_existing(&configuration.data) {
            Ok(mut data) => {
                data.sign(&format!("process {}, looking at the store", std::process::id()))?;
                Self { _taken: Some(data), other: None }
            }
            Err(Unavailable::Held { holder, .. }) => Self { _taken: None, other: Some(holder) },
            // The findings say what is wrong with it.
            Err(Unavailable::Failed(_)) => Self::default(),
        })
    }
}

/// Looks at everything, prints a line for each thing, and fails if one of them is a fault. `config_file` is the file that
/// the configuration was read from.
pub(crate) fn run(
    configuration: &Configuration,
    config_file: Option<&Path>,
    json: bool,
) -> anyhow::Result<()> {
    foundation::must_hold_store(configuration, &configuration.data)?;
    let holder = Holder::of(configuration)?;
    let now = System::new().now();
    let mut findings = stored::look(configuration, &holder)?;
    findings.push(machine::clock(now));
    findings.extend(machine::disk(&configuration.data));
    findings.push(machine::descriptors(configuration));
    findings.extend(machine::ports(configuration, holder.other.as_deref()));
    findings.extend(tls_files::look(configuration, now));
    findings.extend(private_files::look(configuration, config_file));
    report(&findings, json)
}

/// Takes what is there for what should be there, and says whether that is sound. No server may use the files meanwhile.
pub(crate) fn accept_loss(configuration: &Configuration, json: bool) -> anyhow::Result<()> {
    anyhow::ensure!(
        configuration.store.is_empty(),
        "there is no loss to accept here: PostgreSQL looks after its own files"
    );
    let directory = &configuration.data;
    foundation::must_hold_store(configuration, directory)?;
    let mut data = DataDirectory::take_existing(directory).context("stop the server first")?;
    data.sign(&format!("process {}, looking at the store", std::process::id()))?;
    let accepted = SqliteStore::accept_loss(directory)?;
    let found = accepted.as_ref().map_or_else(|| "nothing was lost".to_owned(), ToString::to_string);
    let mut findings = vec![Finding::ok("loss", found)];
    let gone = accepted.is_some() && !directory.join(DATABASE_FILE).exists();
    if !gone {
        findings.push(stored::soundness(directory));
    }
    report(&findings, json)
}

fn report(findings: &[Finding], json: bool) -> anyhow::Result<()> {
    admin::print(&Printout::List(findings.iter().map(Finding::row).collect()), json)?;
    let faults: Vec<String> = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Fault)
        .map(|finding| format!("{}: {}", finding.check, finding.found))
        .collect();
    anyhow::ensure!(faults.is_empty(), "found {} at fault: {}", faults.len(), faults.join("; "));
    Ok(())
}
