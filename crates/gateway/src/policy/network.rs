//! Addresses and blocks of addresses.

use std::net::IpAddr;
use std::str::FromStr;

/// A block of addresses: `10.0.0.0/8`, `2001:db8::/32`, or a single address. IPv4 may be written in its IPv6 form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    address: u128,
    /// Shift that drops the host bits.
    host_bits: u32,
    v4: bool,
}

impl Network {
    /// Whether the address lies in the block. An IPv4 address mapped into IPv6 counts as IPv4.
    pub(super) fn contains(self, address: IpAddr) -> bool {
        let (bits, v4) = bits(address.to_canonical());
        let shift = |value: u128| value.checked_shr(self.host_bits).unwrap_or(0);
        self.v4 == v4 && shift(bits) == shift(self.address)
    }
}

fn bits(address: IpAddr) -> (u128, bool) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), true),
        IpAddr::V6(address) => (address.to_bits(), false),
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().map_err(|_| ())?;
        let width: u32 = if written.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| ())?,
            None => width,
        };
        let host_bits = width.checked_sub(prefix).ok_or(())?;
        // A block of IPv4 addresses in their IPv6 form, `::ffff:10.0.0.0/104`: it holds the addresses as IPv4.
        let canonical = if host_bits <= 32 { written.to_canonical() } else { written };
        let (address, v4) = bits(canonical);
        Ok(Self { address, host_bits, v4 })
    }
}
