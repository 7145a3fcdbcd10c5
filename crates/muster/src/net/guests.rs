//! Who is connected, and what they hold before anything is known of them.
//!
//! Three bounds, each of which has a name in `[http]`: connections in all, connections from one address, and the bytes of
//! requests that are not answered yet. The first 16 KiB of a request are free, so that those who fill the third bound
//! keep nobody else's ordinary requests out; and one address may hold a quarter of it.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use muster_core::complaint::LineLimit;

use crate::config::HttpConfig;

/// Bytes of a request that are not counted.
const FREE: usize = 16 * 1024;
/// The part of all pending bytes that one address may hold.
const PART_OF_ONE: usize = 4;
/// Connections from one address, unless configured.
const PER_ADDRESS: usize = 4096;
/// How often a bound that is met again and again is told of.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// Everybody who is connected.
pub(crate) struct Guests {
    config: HttpConfig,
    /// Connections at once: what is configured, or what files the process may open.
    most: usize,
    connections: AtomicUsize,
    pending: Budget,
    addresses: Mutex<HashMap<IpAddr, Arc<Address>>>,
    told: [LineLimit; 3],
}

/// A bound that is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// `max_connections`.
    All,
    /// `connections_per_address`.
    Address,
    /// `pending_bytes`.
    Pending,
}

/// Bytes of which only so many may be taken.
struct Budget {
    most: usize,
    taken: AtomicUsize,
}

impl Budget {
    fn of(most: usize) -> Self {
        Self { most, taken: AtomicUsize::new(0) }
    }

    fn take(&self, bytes: usize) -> bool {
        let fits = |taken: usize| taken.checked_add(bytes).filter(|&sum| sum <= self.most);
        self.taken.fetch_update(Relaxed, Relaxed, fits).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, Relaxed);
    }
}

/// What one address has.
struct Address {
    connections: AtomicUsize,
    pending: Budget,
}

impl Guests {
    /// Nobody yet. `files` is how many connections the process can hold open.
    pub(crate) fn new(config: HttpConfig, files: usize) -> Arc<Self> {
        Arc::new(Self {
            most: config.max_connections.min(files),
            connections: AtomicUsize::new(0),
            pending: Budget::of(config.pending_bytes),
            addresses: Mutex::default(),
            told: std::array::from_fn(|_| LineLimit::new(1, TELL_EVERY)),
            config,
        })
    }

    /// Takes a connection in. What is returned holds its place.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Result<Visit, Full> {
        let place = self.place(address)?;
        let fits = |connections: usize| (connections < self.most).then_some(connections + 1);
        if self.connections.fetch_update(Relaxed, Relaxed, fits).is_err() {
            return Err(Full::All);
        }
        Ok(Visit {
            guests: Arc::clone(self),
            place: Mutex::new(place),
            read: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            first: AtomicU8::new(0),
            refused: AtomicBool::new(false),
            unmetered: AtomicBool::new(false),
            unread: AtomicBool::new(false),
        })
    }

    /// A place among the connections of an address.
    pub(crate) fn place(self: &Arc<Self>, address: IpAddr) -> Result<AddressPlace, Full> {
        let network = network(address);
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let here = match addresses.entry(network) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Arc::new(Address {
                connections: AtomicUsize::new(0),
                pending: Budget::of(self.pending_of_one(address)),
            })),
        };
        // Changed under the lock alone, so that nobody is forgotten who has come.
        if here.connections.load(Relaxed) >= self.most_of_one(address) {
            return Err(Full::Address);
        }
        here.connections.fetch_add(1, Relaxed);
        Ok(AddressPlace { guests: Arc::clone(self), network, here: Arc::clone(here) })
    }

    fn most_of_one(&self, address: IpAddr) -> usize {
        match self.config.connections_per_address {
            _ if self.config.trusted_proxies.contain(address) => usize::MAX,
            0 if address.to_canonical().is_loopback() => usize::MAX,
            0 => PER_ADDRESS,
            most => most,
        }
    }

    fn pending_of_one(&self, address: IpAddr) -> usize {
        let many = self.config.trusted_proxies.contain(address) || address.to_canonical().is_loopback();
        if many { self.config.pending_bytes } else { self.config.pending_bytes / PART_OF_ONE }
    }

    /// Tells of a bound that was met, now and then.
    pub(crate) fn tell(&self, full: Full, address: IpAddr) {
        let Some(untold) = self.told[full as usize].note() else { return };
        match full {
            Full::All if self.most < self.config.max_connections => tracing::warn!(
                %address, untold, bound = self.most,
                "closed a connection: the process may not open more files (`ulimit -Hn`)"
            ),
            Full::All => tracing::warn!(
                %address, untold, bound = self.most,
                "closed a connection beyond `http.max_connections`"
            ),
            Full::Address => tracing::warn!(
                %address, untold, bound = self.most_of_one(address),
                "closed a connection beyond `http.connections_per_address`"
            ),
            Full::Pending => tracing::warn!(
                %address, untold, bound = self.config.pending_bytes,
                "refused a request beyond `http.pending_bytes`"
            ),
        }
    }
}

/// What counts as one address: of IPv6 a /64, which is what one customer gets.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

/// A place among the connections of an address; given back when it is dropped.
pub(crate) struct AddressPlace {
    guests: Arc<Guests>,
    network: IpAddr,
    here: Arc<Address>,
}

impl Drop for AddressPlace {
    fn drop(&mut self) {
        let mut addresses = self.guests.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if self.here.connections.fetch_sub(1, Relaxed) == 1 {
            addresses.remove(&self.network);
        }
    }
}

/// One connection's stay: its places, and what its requests hold.
pub(crate) struct Visit {
    guests: Arc<Guests>,
    place: Mutex<AddressPlace>,
    /// Bytes read since the last answer.
    read: AtomicUsize,
    /// Bytes taken from the budgets for them.
    held: AtomicUsize,
    /// The first byte that came; 0 before it.
    first: AtomicU8,
    refused: AtomicBool,
    unmetered: AtomicBool,
    unread: AtomicBool,
}

impl Visit {
    /// Notes the first byte of the connection, which tells TLS from HTTP.
    pub(crate) fn begins_with(&self, byte: u8) {
        let _ = self.first.compare_exchange(0, byte, Relaxed, Relaxed);
    }

    /// The first byte of the connection.
    pub(crate) fn first_byte(&self) -> u8 {
        self.first.load(Relaxed)
    }

    /// Counts bytes that were read. An error when they are too many; the connection is of no use then.
    pub(crate) fn read(&self, bytes: usize) -> Result<(), Full> {
        if self.unmetered.load(Relaxed) {
            return Ok(());
        }
        let read = self.read.fetch_add(bytes, Relaxed).saturating_add(bytes);
        let wanted = read.saturating_sub(FREE).saturating_sub(self.held.load(Relaxed));
        if wanted == 0 {
            return Ok(());
        }
        let place = self.place();
        let ours = &place.here.pending;
        if ours.take(wanted) {
            if self.guests.pending.take(wanted) {
                self.held.fetch_add(wanted, Relaxed);
                return Ok(());
            }
            ours.give_back(wanted);
        }
        self.refused.store(true, Relaxed);
        Err(Full::Pending)
    }

    /// Whether a request was cut off by [`Visit::read`].
    pub(crate) fn was_refused(&self) -> bool {
        self.refused.load(Relaxed)
    }

    /// A request was answered: what it held is given back.
    pub(crate) fn answered(&self) {
        self.read.store(0, Relaxed);
        let held = self.held.swap(0, Relaxed);
        if held > 0 {
            self.place().here.pending.give_back(held);
            self.guests.pending.give_back(held);
        }
    }

    /// The last answer of the connection was given before all of its request had come.
    pub(crate) fn leaves_unread(&self) {
        self.unread.store(true, Relaxed);
    }

    /// Whether [`Visit::leaves_unread`] was said.
    pub(crate) fn left_unread(&self) -> bool {
        self.unread.load(Relaxed)
    }

    /// From here on somebody else bounds what the connection may hold.
    pub(crate) fn unmetered(&self) {
        self.answered();
        self.unmetered.store(true, Relaxed);
    }

    /// Whether [`Visit::unmetered`] was said.
    pub(crate) fn is_unmetered(&self) -> bool {
        self.unmetered.load(Relaxed)
    }

    /// The connection turns out to be another address's, for which a proxy speaks.
    pub(crate) fn moves_to(&self, address: IpAddr) -> Result<(), Full> {
        let place = self.guests.place(address)?;
        self.answered();
        *self.place() = place;
        Ok(())
    }

    fn place(&self) -> std::sync::MutexGuard<'_, AddressPlace> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.answered();
        self.guests.connections.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guests(config: HttpConfig) -> Arc<Guests> {
        Guests::new(config, usize::MAX)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_may_have_so_many_connections_and_others_theirs() {
        let guests = guests(HttpConfig { connections_per_address: 2, ..HttpConfig::default() });
        let first = guests.enter(address("192.0.2.1")).ok().unwrap();
        let _second = guests.enter(address("192.0.2.1")).ok().unwrap();
        assert_eq!(guests.enter(address("192.0.2.1")).err(), Some(Full::Address));
        let _other = guests.enter(address("192.0.2.2")).ok().unwrap();
        drop(first);
        assert!(guests.enter(address("192.0.2.1")).is_ok());
    }

    #[test]
    fn the_neighbours_in_a_64_are_one_address() {
        let guests = guests(HttpConfig { connections_per_address: 1, ..HttpConfig::default() });
        let _first = guests.enter(address("2001:db8::1")).ok().unwrap();
        assert_eq!(guests.enter(address("2001:db8::2")).err(), Some(Full::Address));
        assert!(guests.enter(address("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn loopback_is_bounded_when_configured_and_a_trusted_proxy_never() {
        let own = guests(HttpConfig::default());
        let many: Vec<_> = (0..PER_ADDRESS + 1).map(|_| own.enter(address("127.0.0.1"))).collect();
        assert!(many.iter().all(Result::is_ok));
        let trusted =
            toml::from_str("connections_per_address = 1\ntrusted_proxies = ['10.0.0.0/8']").unwrap();
        let guests = guests(trusted);
        let _first = guests.enter(address("127.0.0.1")).ok().unwrap();
        assert_eq!(guests.enter(address("127.0.0.1")).err(), Some(Full::Address));
        let _proxy = guests.enter(address("10.1.1.1")).ok().unwrap();
        assert!(guests.enter(address("10.1.1.1")).is_ok());
    }

    #[test]
    fn nobody_is_remembered_who_has_gone() {
        let guests = guests(HttpConfig { max_connections: 1, ..HttpConfig::default() });
        let visit = guests.enter(address("192.0.2.1")).ok().unwrap();
        assert_eq!(guests.enter(address("192.0.2.2")).err(), Some(Full::All));
        drop(visit);
        assert!(guests.addresses.lock().unwrap().is_empty());
        assert!(guests.enter(address("192.0.2.2")).is_ok());
    }

    #[test]
    fn pending_bytes_are_bounded_for_one_and_for_all_and_given_back() {
        let guests = guests(HttpConfig { pending_bytes: 4000, ..HttpConfig::default() });
        let visits: Vec<_> =
            (0..6).map(|n| guests.enter(address(&format!("192.0.2.{n}"))).ok().unwrap()).collect();
        assert_eq!(visits[0].read(FREE + 1000), Ok(()));
        assert_eq!(visits[0].read(1), Err(Full::Pending), "a quarter for one");
        for visit in &visits[1..4] {
            assert_eq!(visit.read(FREE + 1000), Ok(()));
        }
        assert_eq!(visits[4].read(FREE + 1), Err(Full::Pending), "all of it is held");
        assert_eq!(visits[5].read(FREE), Ok(()), "an ordinary request needs none of it");
        visits[1].answered();
        assert_eq!(visits[5].read(1000), Ok(()));
        drop(visits);
        assert_eq!(guests.pending.taken.load(Relaxed), 0);
    }

    #[test]
    fn a_connection_counts_for_whom_the_proxy_names() {
        let config = "connections_per_address = 1\ntrusted_proxies = ['10.0.0.1']";
        let guests = guests(toml::from_str(config).unwrap());
        let [first, second] = [(); 2].map(|()| guests.enter(address("10.0.0.1")).ok().unwrap());
        assert_eq!(first.moves_to(address("192.0.2.1")), Ok(()));
        assert_eq!(second.moves_to(address("192.0.2.1")), Err(Full::Address));
        assert_eq!(second.moves_to(address("192.0.2.2")), Ok(()));
    }
}
