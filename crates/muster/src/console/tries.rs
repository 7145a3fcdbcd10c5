//! How often people may be wrong when they sign in.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::Refusal;
use crate::{config::ConsoleConfig, net::network};

/// Addresses and keys that are remembered at most, some 100 bytes each. When all of them have been wrong lately, nobody new
/// is admitted.
const CAPACITY: usize = 100_000;

/// Whose tries are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Whose {
    Address(IpAddr),
    Key(String),
}

/// The tries of one in a span of time.
#[derive(Clone, Copy, Debug)]
struct Counted {
    since: Duration,
    tries: u32,
}

/// Counts the tries that were not right. A try counts when it begins, so that many at once are not more than many in a row.
pub(super) struct Tries {
    time: Duration,
    per_address: u32,
    per_key: u32,
    counted: Mutex<HashMap<Whose, Counted>>,
}

/// A try that was admitted.
pub(super) struct Attempt(Vec<Whose>);

impl Tries {
    pub(super) fn new(bounds: &ConsoleConfig) -> Self {
        Self {
            time: bounds.tries_time(),
            per_address: bounds.tries_per_address,
            per_key: bounds.tries_per_key,
            counted: Mutex::default(),
        }
    }

    /// Counts a try from an address with a key, if there is one of that id, at a moment of the steady clock.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`]; the try then counts no further.
    pub(super) fn admit(
        &self,
        address: IpAddr,
        key: Option<&str>,
        now: Duration,
    ) -> Result<Attempt, Refusal> {
        let mut counted = self.counted();
        let whose = [Some(Whose::Address(network(address))), key.map(|id| Whose::Key(id.to_owned()))];
        let whose: Vec<Whose> = whose.into_iter().flatten().collect();
        if counted.len() + whose.len() > CAPACITY {
            counted.retain(|_, counted| now < counted.since + self.time);
        }
        for one in &whose {
            let wait = match counted.get(one) {
                Some(counted) if now >= counted.since + self.time => continue,
                Some(counted) if counted.tries >= self.most(one) => counted.since + self.time - now,
                None if counted.len() >= CAPACITY => self.time,
                Some(_) | None => continue,
            };
            return Err(Refusal::TooManyTries { wait_seconds: wait.as_secs().max(1) });
        }
        for one in &whose {
            let counted = counted.entry(one.clone()).or_insert(Counted { since: now, tries: 0 });
            if now >= counted.since + self.time {
                *counted = Counted { since: now, tries: 0 };
            }
            counted.tries += 1;
        }
        Ok(Attempt(whose))
    }

    /// A try was right: it does not count.
    pub(super) fn forgive(&self, attempt: Attempt) {
        let mut counted = self.counted();
        for one in attempt.0 {
            if let Some(counted) = counted.get_mut(&one) {
                counted.tries = counted.tries.saturating_sub(1);
            }
        }
    }

    fn most(&self, whose: &Whose) -> u32 {
        match whose {
            Whose::Address(_) => self.per_address,
            Whose::Key(_) => self.per_key,
        }
    }

    fn counted(&self) -> MutexGuard<'_, HashMap<Whose, Counted>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries() -> Tries {
        let bounds =
            ConsoleConfig { tries_per_address: 2, tries_per_key: 3, tries_seconds: 60, ..Default::default() };
        Tries::new(&bounds)
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn an_address_may_be_wrong_so_often_and_then_waits() {
        let tries = tries();
        for _ in 0..2 {
            assert!(tries.admit(address(1), None, at(10)).is_ok());
        }
        let refused = tries.admit(address(1), None, at(40)).err();
        assert_eq!(refused, Some(Refusal::TooManyTries { wait_seconds: 30 }));
        assert!(tries.admit(address(2), None, at(40)).is_ok(), "another address is not held up");
        assert!(tries.admit(address(1), None, at(70)).is_ok(), "and this one not for ever");
    }

    #[test]
    fn a_key_may_be_tried_so_often_from_all_addresses() {
        let tries = tries();
        for last in 1..=3 {
            assert!(tries.admit(address(last), Some("LTAI"), at(0)).is_ok());
        }
        assert!(tries.admit(address(4), Some("LTAI"), at(0)).is_err());
        assert!(tries.admit(address(4), Some("other"), at(0)).is_ok());
    }

    #[test]
    fn whoever_is_right_is_not_counted() {
        let tries = tries();
        for _ in 0..10 {
            let attempt = tries.admit(address(1), Some("LTAI"), at(0)).ok().unwrap();
            tries.forgive(attempt);
        }
    }

    #[test]
    fn the_neighbours_of_an_ipv6_network_count_together() {
        let tries = tries();
        for text in ["2001:db8::1", "2001:db8::2"] {
            assert!(tries.admit(text.parse().unwrap(), None, at(0)).is_ok());
        }
        assert!(tries.admit("2001:db8::3".parse().unwrap(), None, at(0)).is_err());
        assert!(tries.admit("2001:db8:0:1::1".parse().unwrap(), None, at(0)).is_ok());
    }
}
