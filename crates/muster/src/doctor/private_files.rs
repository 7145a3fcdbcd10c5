//! Files and directories that are for their owner alone.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::finding::Finding;
use crate::{config::Configuration, first_start::ROOT_KEY_FILE, private::open_to_others};

const CHECK: &str = "permissions";
/// The permission of everybody to write.
const ANYBODY_WRITES: u32 = 0o002;

/// Looks at the data directory and what is in it, and at the files with secrets that the configuration names. One line if
/// all is well, else one for each that others may read or change.
pub(super) fn look(configuration: &Configuration, config_file: Option<&Path>) -> Vec<Finding> {
    let directory = &configuration.data;
    let master_key = configuration.master_key_file(directory);
    let mut findings: Vec<Finding> = directory_open(directory).into_iter().collect();
    let inside = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = inside.filter(|path| path.is_file() && *path != master_key).collect();
    files.sort();
    files.extend(config_file.map(Path::to_owned));
    files.extend(configuration.has_tls().then(|| configuration.tls.key.clone()));
    findings.extend(files.iter().filter_map(|file| {
        let mode = mode_for_others(file)?;
        let found = format!("others than its owner may read {} (mode {mode})", file.display());
        Some(Finding::warning(CHECK, found, "run `chmod 600` on it"))
    }));
    if let Some(mode) = mode_for_others(&master_key) {
        findings.push(Finding::fault(
            CHECK,
            format!("others than its owner may read the master key {} (mode {mode})", master_key.display()),
            "run `chmod 600` on it; if others were on this machine, take the keys in the store for known",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "files with secrets are for their owner alone"));
    }
    let first_secret = directory.join(ROOT_KEY_FILE);
    if first_secret.exists() {
        findings.push(Finding::warning(
            "first secret",
            format!("{} still holds the secret of the first root key", first_secret.display()),
            "keep the secret elsewhere and delete the file",
        ));
    }
    findings
}

fn mode_for_others(path: &Path) -> Option<String> {
    std::fs::metadata(path).ok().as_ref().and_then(open_to_others)
}

fn directory_open(directory: &Path) -> Option<Finding> {
    let about = std::fs::metadata(directory).ok()?;
    let mode = open_to_others(&about)?;
    let advice = "run `chmod 700` on it";
    let name = directory.display();
    Some(if about.permissions().mode() & ANYBODY_WRITES != 0 {
        let found =
            format!("anybody may write to the data directory {name} (mode {mode}): the server refuses it");
        Finding::fault(CHECK, found, advice)
    } else {
        let found = format!("others than its owner may look into the data directory {name} (mode {mode})");
        Finding::warning(CHECK, found, advice)
    })
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::{super::finding::Verdict, *};

    #[test]
    fn what_others_may_read_is_named_and_the_master_key_is_a_fault() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().to_owned();
        let share = |mode| std::fs::set_permissions(&data, Permissions::from_mode(mode)).unwrap();
        share(0o700);
        let configuration = Configuration { data: data.clone(), ..Configuration::default() };
        let set = |name: &str, mode| {
            std::fs::write(data.join(name), "").unwrap();
            std::fs::set_permissions(data.join(name), Permissions::from_mode(mode)).unwrap();
        };
        set("muster.db", 0o600);
        set("master.key", 0o600);
        let verdicts =
            || -> Vec<Verdict> { look(&configuration, None).iter().map(|finding| finding.verdict).collect() };
        assert_eq!(verdicts(), [Verdict::Ok]);
        set("muster.db", 0o644);
        assert_eq!(verdicts(), [Verdict::Warning]);
        set("master.key", 0o640);
        assert_eq!(verdicts(), [Verdict::Warning, Verdict::Fault]);
        share(0o777);
        assert_eq!(verdicts(), [Verdict::Fault, Verdict::Warning, Verdict::Fault]);
    }
}
