//! Saying once that something fails, however often it is tried.

use std::fmt::Display;

/// What is tried again and again: its first failure is logged as a warning, and so is its return; the failures between
/// them only at level `debug`.
#[derive(Debug)]
pub(crate) struct Complaint {
    what: &'static str,
    failing: bool,
}

impl Complaint {
    /// About what can be said to "fail" and to "work again".
    pub(crate) fn about(what: &'static str) -> Self {
        Self { what, failing: false }
    }

    /// Notes how an attempt ended; what it came to, if it succeeded.
    pub(crate) fn note<T, E: Display>(&mut self, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => {
                if std::mem::take(&mut self.failing) {
                    tracing::warn!("{} works again", self.what);
                }
                Some(value)
            }
            Err(error) => {
                if std::mem::replace(&mut self.failing, true) {
                    tracing::debug!(%error, "{} still fails", self.what);
                } else {
                    tracing::warn!(%error, "{} fails, and is tried again", self.what);
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_remembered_until_something_succeeds() {
        let mut complaint = Complaint::about("a test");
        assert_eq!(complaint.note(Err::<(), _>("no")), None);
        assert!(complaint.failing);
        assert_eq!(complaint.note(Ok::<_, &str>(7)), Some(7));
        assert!(!complaint.failing);
    }
}
