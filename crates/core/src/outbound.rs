//! Calls that the server makes to addresses that its users choose, as whoever makes them asks for one. What carries them
//! out stands outside of the domain, with the bounds that the operator sets.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Asks for what is there.
    Get,
    /// Hands over a body.
    Post,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What it does.
    pub verb: Verb,
    /// Where: a URL that begins with `http://` or `https://`.
    pub url: String,
    /// What is said beside the body. Sent again to wherever a redirect leads.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
    /// How long the whole call may take, if it is less than the operator allows all calls.
    pub time: Option<Duration>,
    /// Bytes that the answer's body may have, in the place of what the operator allows answers.
    pub answer_bytes: Option<usize>,
}

impl Call {
    /// Asks for what is at `url`.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            verb: Verb::Get,
            url: url.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            time: None,
            answer_bytes: None,
        }
    }

    /// Hands JSON over to `url`.
    #[must_use]
    pub fn post_json(url: impl Into<String>, body: impl Into<Bytes>) -> Self {
        let headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
        Self { verb: Verb::Post, headers, body: body.into(), ..Self::get(url) }
    }
}

/// What was answered, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// What the body is said to be.
    pub content_type: Option<String>,
    /// The body, whole.
    pub body: Bytes,
}

impl Answered {
    /// Whether the status says that all went well.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there is no answer. The words may be shown to whoever chose the address; they hold nothing of what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallFault {
    /// It is no URL that can be called.
    #[error("the URL cannot be called: {0}")]
    Url(String),
    /// It leads to where the operator lets nobody call.
    #[error(
        "{0} may not be called: only public addresses without a port are, unless `[outbound] allow_private` is set"
    )]
    NotAllowed(String),
    /// Nobody is there.
    #[error("{0}")]
    Unreachable(String),
    /// The whole answer was not there within so many seconds.
    #[error("there was no whole answer within {0} s")]
    Slow(u32),
    /// The answer is longer than so many bytes.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// It was sent on more often than this.
    #[error("the answer was sent on more than {0} times")]
    Redirects(u32),
    /// The answer broke off.
    #[error("the answer broke off: {0}")]
    Broken(String),
}

/// Makes calls.
#[async_trait]
pub trait Outbound: Send + Sync {
    /// Makes a call, once, and gives its answer, whatever the status.
    ///
    /// # Errors
    /// Why there is no answer. Whether what was handed over has arrived is then not known.
    async fn call(&self, call: Call) -> Result<Answered, CallFault>;
}

/// Blocks of IPv4 that are not the public network, by first address and prefix length: those of the IANA registry of
/// special-purpose addresses that are not globally reachable, and multicast.
const SPECIAL_V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Whether an address is one of the public network.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    SPECIAL_V4.iter().all(|(first, prefix)| (bits ^ u32::from_be_bytes(*first)) >> (32 - prefix) != 0)
}

/// Whether an address is one of the public network: 2000::/3 without what is set apart in it. Addresses that hold one
/// of IPv4 (mapped, 6to4, NAT64) are as public as that one is.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match (a, b) {
        (0, 0) if (c, d, e, f) == (0, 0, 0, 0xffff) => is_public_v4(v4(g, h)),
        (0x64, 0xff9b) if (c, d, e, f) == (0, 0, 0, 0) => is_public_v4(v4(g, h)),
        (0x2002, _) => is_public_v4(v4(b, c)),
        // Teredo and other protocols' own, documentation.
        (0x2001, 0..0x200 | 0xdb8) => false,
        (0x3fff, 0..0x1000) => false,
        _ => a & 0xe000 == 0x2000,
    }
}
