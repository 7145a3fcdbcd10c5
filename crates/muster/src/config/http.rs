//! The listener's bounds, and the proxies before it.

use std::{net::IpAddr, str::FromStr, time::Duration};

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The HTTP listener's bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HttpConfig {
    /// Connections at once, of API callers and clients together; a further one is closed. Fewer when the process may not
    /// open as many files.
    pub(crate) max_connections: usize,
    /// Connections at once from one address (from one /64 network of IPv6); a further one is closed. A number given here
    /// counts for every address; 0 means 4096, and no bound for this machine's own loopback addresses. Proxies in
    /// `trusted_proxies` are not counted: the clients they name are, where a connection is one client's.
    pub(crate) connections_per_address: usize,
    /// Proxies that are believed about whom they speak for: a list of addresses and networks such as `10.0.0.0/8`. From
    /// them, and from nobody else, `X-Forwarded-For` and `X-Forwarded-Proto` count.
    pub(crate) trusted_proxies: Networks,
    /// Whether connections from `trusted_proxies` begin with a PROXY protocol header, version 1 or 2. Without the header
    /// such a connection is closed; connections from other addresses never have one.
    pub(crate) proxy_protocol: bool,
    /// Seconds that a connection may take over its TLS handshake, and over its PROXY protocol header.
    pub(crate) handshake_seconds: u64,
    /// Bytes of a request's line and headers together. A longer one is refused with status 431 or 414.
    pub(crate) header_bytes: usize,
    /// Headers of a request.
    pub(crate) max_headers: usize,
    /// Seconds until a request's headers are there, counted from the end of the one before.
    pub(crate) header_seconds: u64,
    /// Bytes that requests which are not answered yet may hold together, headers and bodies, beyond the first 16 KiB of
    /// each: whoever sends them may be anybody. One address may hold a quarter. What does not fit is refused with status
    /// 503; shorter requests are served all the same.
    pub(crate) pending_bytes: usize,
    /// Bytes of a request's body on the pages beside the API, such as what is written in the room of a customer group. A
    /// larger one is refused with status 413. For the time it may take, see `gateway.body_seconds`.
    pub(crate) form_bytes: usize,
    /// Seconds for which a caller may take nothing of an answer that waits for it; then the connection is closed.
    pub(crate) write_seconds: u64,
    /// Seconds for which the rest of a request that was answered before all of it had come is let go by, so that its caller
    /// can read the answer; then the connection is closed.
    pub(crate) linger_seconds: u64,
    /// Bytes of such a rest at most.
    pub(crate) linger_bytes: usize,
    /// Seconds that a stopping server gives to what is under way.
    pub(crate) drain_seconds: u64,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            max_connections: 200_000,
            connections_per_address: 0,
            trusted_proxies: Networks::default(),
            proxy_protocol: false,
            handshake_seconds: 10,
            header_bytes: 128 * 1024,
            max_headers: 100,
            header_seconds: 30,
            pending_bytes: 64 << 20,
            form_bytes: 65_536,
            write_seconds: 30,
            linger_seconds: 2,
            linger_bytes: 32 << 20,
            drain_seconds: 8,
        }
    }
}

impl HttpConfig {
    /// Refuses what makes no sense, by the key's name.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            !self.proxy_protocol || !self.trusted_proxies.is_empty(),
            "`http.proxy_protocol` counts for `http.trusted_proxies`, which names none"
        );
        Ok(())
    }

    pub(crate) fn handshake(&self) -> Duration {
        Duration::from_secs(self.handshake_seconds)
    }

    pub(crate) fn write_wait(&self) -> Duration {
        Duration::from_secs(self.write_seconds)
    }

    pub(crate) fn linger(&self) -> Duration {
        Duration::from_secs(self.linger_seconds)
    }
}

/// Networks; a single address stands for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Networks(#[schemars(with = "Vec<String>")] Vec<IpNet>);

impl Networks {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address is in one of them. An IPv4 address in IPv6 clothes counts as what it is.
    pub(crate) fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl<'de> Deserialize<'de> for Networks {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts
            .iter()
            .map(|text| network(text).map_err(serde::de::Error::custom))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let single = || IpAddr::from_str(text).map(IpNet::from);
    IpNet::from_str(text)
        .or_else(|_| single())
        .map_err(|_| format!("{text:?} is no address and no network such as 10.0.0.0/8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Networks, toml::de::Error> {
        #[derive(Deserialize)]
        struct Table {
            networks: Networks,
        }
        toml::from_str::<Table>(&format!("networks = {text}")).map(|table| table.networks)
    }

    #[test]
    fn a_network_holds_its_addresses_and_an_address_itself() {
        let networks = read("['10.0.0.0/8', '::1', 'fd00::/8']").unwrap();
        for (address, inside) in [
            ("10.200.3.4", true),
            ("11.0.0.1", false),
            ("::ffff:10.1.2.3", true),
            ("::1", true),
            ("::2", false),
            ("fd12::9", true),
        ] {
            assert_eq!(networks.contain(address.parse().unwrap()), inside, "{address}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_by_its_text() {
        let refused = read("['10.0.0.0/33']").unwrap_err().to_string();
        assert!(refused.contains("10.0.0.0/33"), "{refused}");
    }
}
