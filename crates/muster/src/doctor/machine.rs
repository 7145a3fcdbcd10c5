//! The machine: its clock, its disk, how many files may be open, and the ports to listen on.

use std::{io::ErrorKind, net::TcpListener, path::Path};

use muster_core::time::Millis;

use super::finding::Finding;
use crate::{config::Configuration, serve::FILES_KEPT};

/// 2026-01-01 and 2100-01-01: a clock that shows something else was never set.
const PLAUSIBLE: std::ops::Range<i64> = 1_767_225_600_000..4_102_444_800_000;

/// Free bytes below which the next burst of writes may find the disk full: the write-ahead log and its move take that.
const DISK_FAULT: u64 = 256 << 20;
/// Free bytes, and hundredths of the disk, below which somebody should look.
const DISK_WARNING: (u64, u64) = (1 << 30, 5);

/// Whether the clock shows a time that can be.
pub(super) fn clock(now: Millis) -> Finding {
    const CHECK: &str = "clock";
    let shown =
        jiff::Timestamp::from_millisecond(now.0).map_or_else(|_| now.0.to_string(), |t| t.to_string());
    if PLAUSIBLE.contains(&now.0) {
        return Finding::ok(CHECK, shown);
    }
    Finding::fault(
        CHECK,
        format!("the machine's clock shows {shown}, which cannot be: signed requests and tokens are refused"),
        "set the clock, and keep it by NTP",
    )
}

/// How much room the data directory's file system has; nothing where there is no data directory.
pub(super) fn disk(directory: &Path) -> Option<Finding> {
    if !directory.exists() {
        return None;
    }
    Some(match rustix::fs::statvfs(directory) {
        Ok(about) => {
            let bytes = |blocks: u64| blocks.saturating_mul(about.f_frsize);
            room(bytes(about.f_bavail), bytes(about.f_blocks))
        }
        Err(error) => Finding::warning(
            "disk",
            format!("the room in {} is not known: {error}", directory.display()),
            "look yourself, with df",
        ),
    })
}

/// What so many free bytes of a disk mean.
fn room(free: u64, all: u64) -> Finding {
    const CHECK: &str = "disk";
    const ADVICE: &str = "make room, or move the data directory to a larger disk";
    let share = u64::try_from(u128::from(free) * 100 / u128::from(all.max(1))).unwrap_or(100);
    let found = format!("{} MiB free, {share} % of the data directory's file system", free >> 20);
    if free < DISK_FAULT {
        Finding::fault(CHECK, found, ADVICE)
    } else if free < DISK_WARNING.0 || share < DISK_WARNING.1 {
        Finding::warning(CHECK, found, ADVICE)
    } else {
        Finding::ok(CHECK, found)
    }
}

/// Whether the process may open as many files as connections are configured.
pub(super) fn descriptors(configuration: &Configuration) -> Finding {
    match rlimit::getrlimit(rlimit::Resource::NOFILE) {
        // The server raises the soft limit itself.
        Ok((_, hard)) => open_files(hard, configuration.http.max_connections as u64),
        Err(error) => Finding::warning(
            "descriptors",
            format!("how many files may be open is not known: {error}"),
            "look yourself, with ulimit -Hn",
        ),
    }
}

fn open_files(limit: u64, connections: u64) -> Finding {
    const CHECK: &str = "descriptors";
    let needed = connections.saturating_add(FILES_KEPT);
    let found = format!("{limit} files may be open by the limits of this shell");
    if limit >= needed {
        return Finding::ok(CHECK, found);
    }
    Finding::warning(
        CHECK,
        format!("{found}, fewer than {connections} connections (`http.max_connections`) need"),
        format!(
            "raise the hard limit to {needed} (LimitNOFILE= in systemd) if you expect so many clients, or lower \
             `http.max_connections`"
        ),
    )
}

/// Whether the addresses can be listened on, or the server that has the data directory, `holder`, listens there.
pub(super) fn ports(configuration: &Configuration, holder: Option<&str>) -> Vec<Finding> {
    [("listen", &configuration.listen), ("metrics.listen", &configuration.metrics.listen)]
        .into_iter()
        .filter(|(_, address)| !address.is_empty())
        .map(|(key, address)| port(key, address, holder))
        .collect()
}

fn port(key: &'static str, address: &str, holder: Option<&str>) -> Finding {
    match (TcpListener::bind(address), holder) {
        (Ok(_), None) => Finding::ok(key, format!("{address} is free")),
        (Ok(_), Some(holder)) => Finding::warning(
            key,
            format!("{address} is free, although the data directory is in use by {holder}"),
            "see whether that server was started with another address",
        ),
        (Err(error), Some(holder)) if error.kind() == ErrorKind::AddrInUse => {
            Finding::ok(key, format!("{address} is in use; the data directory is in use by {holder}"))
        }
        (Err(error), _) if error.kind() == ErrorKind::AddrInUse => Finding::fault(
            key,
            format!("{address} is in use by another program"),
            format!("end that program (ss -ltnp names it), or choose another address with `{key}`"),
        ),
        (Err(error), _) => Finding::fault(
            key,
            format!("{address} cannot be listened on: {error}"),
            format!("name an address of this machine with `{key}`; a port below 1024 needs the right to it"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Verdict, *};

    #[test]
    fn a_clock_that_was_never_set_is_a_fault() {
        assert_eq!(clock(Millis(0)).verdict, Verdict::Fault);
        assert_eq!(clock(Millis(i64::MAX)).verdict, Verdict::Fault);
        assert_eq!(clock(Millis(1_790_000_000_000)).verdict, Verdict::Ok);
    }

    #[test]
    fn a_disk_is_judged_by_bytes_and_share() {
        for (free, all, verdict) in [
            (0, 0, Verdict::Fault),
            (200 << 20, 1 << 40, Verdict::Fault),
            (512 << 20, 2 << 30, Verdict::Warning),
            (20 << 30, 1 << 40, Verdict::Warning),
            (20 << 30, 252 << 30, Verdict::Ok),
            (u64::MAX, u64::MAX, Verdict::Ok),
        ] {
            assert_eq!(room(free, all).verdict, verdict, "{free} of {all}");
        }
    }

    #[test]
    fn fewer_files_than_connections_are_a_warning() {
        assert_eq!(open_files(1 << 20, 200_000).verdict, Verdict::Ok);
        assert_eq!(open_files(200_000, 200_000).verdict, Verdict::Warning);
        assert_eq!(open_files(u64::MAX, u64::MAX).verdict, Verdict::Ok);
    }

    #[test]
    fn a_port_in_use_is_a_fault_unless_our_server_has_it() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        assert_eq!(port("listen", &address, None).verdict, Verdict::Fault);
        assert_eq!(port("listen", &address, Some("process 1, serving it")).verdict, Verdict::Ok);
        drop(taken);
        assert_eq!(port("listen", &address, None).verdict, Verdict::Ok);
        assert_eq!(port("listen", "192.0.2.1:1", None).verdict, Verdict::Fault, "no address of this machine");
    }
}
