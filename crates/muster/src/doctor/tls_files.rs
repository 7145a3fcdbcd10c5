//! The listener's certificate and key.

use muster_core::time::Millis;

use super::finding::Finding;
use crate::{
    config::Configuration,
    tls::{Certificates, validity},
};

const CHECK: &str = "tls";
const DAY: i64 = 86_400;
/// Days before the end of a certificate in which somebody should look: what renews it by itself has done so by then.
const DAYS_BEFORE: i64 = 14;

/// Whether the files can be read and fit together, and how long the certificate is good. Nothing without TLS.
pub(super) fn look(configuration: &Configuration, now: Millis) -> Option<Finding> {
    if !configuration.has_tls() {
        return None;
    }
    let files = &configuration.tls;
    let checked = Certificates::load(files).and_then(|_| validity(&files.certificate));
    Some(match checked {
        Ok(valid) => judge(valid, now.seconds()),
        Err(error) => Finding::fault(
            CHECK,
            format!("{error:#}"),
            "name a certificate chain and its private key, both PEM, in `[tls]`",
        ),
    })
}

/// What it means that a certificate is good from and until these times, in seconds.
fn judge((from, until): (i64, i64), now: i64) -> Finding {
    const ADVICE: &str = "renew it; the running server takes up the new file by itself";
    let shown = |seconds: i64| {
        jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
    };
    if now < from {
        let found = format!("the certificate is good only from {} on", shown(from));
        return Finding::fault(CHECK, found, "see whether the machine's clock is right");
    }
    if now >= until {
        return Finding::fault(CHECK, format!("the certificate ended at {}", shown(until)), ADVICE);
    }
    let found = format!("certificate and key fit together; good until {}", shown(until));
    if until - now < DAYS_BEFORE * DAY {
        return Finding::warning(CHECK, found, ADVICE);
    }
    Finding::ok(CHECK, found)
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Verdict, *};

    #[test]
    fn a_certificate_is_judged_by_its_days() {
        let valid = (1_000_000, 1_000_000 + 90 * DAY);
        for (now, verdict) in [
            (999_999, Verdict::Fault),
            (1_000_000, Verdict::Ok),
            (valid.1 - DAYS_BEFORE * DAY, Verdict::Ok),
            (valid.1 - DAYS_BEFORE * DAY + 1, Verdict::Warning),
            (valid.1, Verdict::Fault),
        ] {
            assert_eq!(judge(valid, now).verdict, verdict, "{now}");
        }
    }
}
