//! The store: whether its files belong together and are sound, whether the master key is its own, and what it knows of
//! the time.

use std::path::Path;

use muster_core::{
    seal::key_id,
    time::{Clock as _, Millis},
};
use muster_store::{
    Inspection,
    postgres::{OpenError, PostgresStore},
    sqlite::{DATABASE_FILE, SqliteStore},
};

use super::{Holder, finding::Finding};
use crate::{
    config::Configuration, data::existing_master_key, failure::misconfigured, invocation::runtime,
    system::System,
};

const STORE: &str = "store";
const KEY: &str = "master key";
const PURGE_TIME: &str = "purge time";
const DATABASE_CLOCK: &str = "database clock";
/// By how much two clocks may differ without being spoken of, in milliseconds.
const TOLERANCE: i64 = 60_000;
/// How far the clock may be ahead of the purge time without being spoken of: a server may rest for a week.
const REST: i64 = 7 * 86_400_000;

/// Looks into the store.
///
/// # Errors
/// When there is no store.
pub(super) fn look(configuration: &Configuration, holder: &Holder) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let inspected = if configuration.store.is_empty() {
        embedded(&configuration.data, holder, &mut findings)
    } else {
        database(configuration, &mut findings)?
    };
    if let Some(inspected) = inspected {
        findings.push(master_key(configuration, &inspected));
        findings.extend(inspected.purge_time.map(|noted| purge_time(noted, System::new().now())));
    }
    Ok(findings)
}

/// Looks at the embedded store's files, and into the database if they belong together.
fn embedded(directory: &Path, holder: &Holder, findings: &mut Vec<Finding>) -> Option<Inspection> {
    let files = match &holder.other {
        Some(holder) => Finding::warning(
            STORE,
            format!("not looked at: the data directory is in use by {holder}"),
            "stop the server to have the database checked",
        ),
        None => soundness(directory),
    };
    let readable = files.verdict != super::Verdict::Fault;
    findings.push(files);
    if !readable {
        return None;
    }
    match SqliteStore::inspect(directory) {
        Ok(inspected) => Some(inspected),
        Err(error) => {
            findings.push(Finding::fault(
                STORE,
                error.to_string(),
                "see what the server says when it starts",
            ));
            None
        }
    }
}

/// Whether the embedded store's files belong together, and whether SQLite finds the database sound.
pub(super) fn soundness(directory: &Path) -> Finding {
    let database = directory.join(DATABASE_FILE);
    let name = database.display();
    match SqliteStore::faults(directory) {
        Ok(faults) if faults.is_empty() => Finding::ok(STORE, format!("{name} is whole")),
        Ok(faults) => Finding::fault(
            STORE,
            format!("the database {name} is damaged: {}", faults.join("; ")),
            "restore a backup into an empty directory",
        ),
        Err(error) => Finding::fault(STORE, error.to_string(), ""),
    }
}

/// Looks into the database that several nodes share, and at its clock.
fn database(
    configuration: &Configuration,
    findings: &mut Vec<Finding>,
) -> anyhow::Result<Option<Inspection>> {
    let clock = System::new();
    let (asked, inspected, answered) = runtime()?.block_on(async {
        let asked = clock.now();
        let inspected = PostgresStore::inspect(&configuration.store, &configuration.postgres).await;
        (asked, inspected, clock.now())
    });
    let inspected = match inspected {
        Ok(inspected) => inspected,
        Err(error @ (OpenError::Url(_) | OpenError::NoStore { .. })) => {
            return Err(misconfigured(anyhow::Error::new(error).context("`store`")));
        }
        Err(error) => {
            findings.push(Finding::fault(STORE, error.to_string(), ""));
            return Ok(None);
        }
    };
    findings
        .push(Finding::ok(STORE, "PostgreSQL is reached and holds a store; it looks after its own files"));
    let window = i64::from(configuration.gateway.clock_window_seconds) * 1000;
    findings.extend(inspected.database_time.map(|shown| database_clock(shown, (asked, answered), window)));
    Ok(Some(inspected))
}

/// What the database's clock showed between two looks at the machine's, when requests are accepted within `window`
/// milliseconds.
fn database_clock(shown: Millis, (asked, answered): (Millis, Millis), window: i64) -> Finding {
    let ahead = (asked - shown).max(0) - (shown - answered).max(0);
    let advice = "keep both clocks by NTP";
    let found = format!("the machine's clock is {} s ahead of the database's", ahead / 1000);
    match ahead.abs() {
        apart if apart >= window => {
            Finding::fault(DATABASE_CLOCK, format!("{found}: requests are refused"), advice)
        }
        apart if apart >= TOLERANCE => Finding::warning(DATABASE_CLOCK, found, advice),
        _ => Finding::ok(DATABASE_CLOCK, "it agrees with the machine's"),
    }
}

/// Whether the master key is there and the store's own.
fn master_key(configuration: &Configuration, inspected: &Inspection) -> Finding {
    let file = configuration.master_key_file(&configuration.data);
    let name = file.display();
    let owner = inspected.master_check.as_deref();
    let which = owner.map(|check| format!(" {}", key_id(check))).unwrap_or_default();
    let advice = "put the file `master.key` that belongs to the store there (mode 0600), from a backup or from a node that \
                  runs on it, or name it with `--master-key`";
    match (existing_master_key(&file), owner) {
        (Err(error), _) => Finding::fault(KEY, format!("{error:#}"), advice),
        (Ok(None), _) => {
            let found =
                format!("there is no master key at {name}, and the store belongs to the master key{which}");
            Finding::fault(KEY, found, advice)
        }
        (Ok(Some(key)), None) => Finding::warning(
            KEY,
            format!("{name} is {}; the store does not say yet which key it belongs to", key.id()),
            "start the server, which finds out by what is sealed in the store",
        ),
        (Ok(Some(key)), Some(check)) if key.check_value() == check => {
            Finding::ok(KEY, format!("{name} is {}, which the store belongs to", key.id()))
        }
        (Ok(Some(key)), Some(_)) => {
            let found =
                format!("{name} is {}, not the one that the store belongs to, which is{which}", key.id());
            Finding::fault(KEY, found, advice)
        }
    }
}

/// Whether the machine's clock agrees with the time by which the store was last purged.
fn purge_time(noted: Millis, now: Millis) -> Finding {
    let ahead = now - noted;
    if ahead <= -TOLERANCE {
        return Finding::warning(
            PURGE_TIME,
            format!(
                "the machine's clock is {} s behind the time by which the store was last purged",
                ahead.unsigned_abs() / 1000
            ),
            "set the clock; if it is right, it was wrong before",
        );
    }
    if ahead >= REST {
        return Finding::warning(
            PURGE_TIME,
            format!("the machine's clock is {} days ahead of it", ahead / 86_400_000),
            "if no server was down for so long, the clock is wrong: set it before more is removed",
        );
    }
    Finding::ok(PURGE_TIME, "it agrees with the machine's clock")
}

#[cfg(test)]
mod tests {
    use super::{super::Verdict, *};

    #[test]
    fn the_database_s_clock_is_compared_within_what_the_question_took() {
        let looks = (Millis(10_000_000), Millis(10_005_000));
        let verdict = |shown| database_clock(Millis(shown), looks, 900_000).verdict;
        assert_eq!(verdict(10_002_000), Verdict::Ok);
        assert_eq!(verdict(10_000_000 - 59_999), Verdict::Ok);
        assert_eq!(verdict(10_000_000 - 60_000), Verdict::Warning);
        assert_eq!(verdict(10_005_000 + 60_000), Verdict::Warning);
        assert_eq!(verdict(10_005_000 + 900_000), Verdict::Fault);
        assert_eq!(verdict(10_000_000 - 900_000), Verdict::Fault);
    }

    #[test]
    fn a_clock_behind_the_purge_time_or_far_ahead_of_it_is_a_warning() {
        let noted = Millis(1_790_000_000_000);
        for (ahead, verdict) in [
            (-TOLERANCE, Verdict::Warning),
            (1 - TOLERANCE, Verdict::Ok),
            (0, Verdict::Ok),
            (REST - 1, Verdict::Ok),
            (REST, Verdict::Warning),
        ] {
            assert_eq!(purge_time(noted, noted + ahead).verdict, verdict, "{ahead}");
        }
    }
}
