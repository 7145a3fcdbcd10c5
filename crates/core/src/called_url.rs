//! Addresses that the server is told to call.

use std::{borrow::Cow, fmt, net::IpAddr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

use crate::outbound::is_public;

/// The longest URL, in bytes. The documentation names no bound; this one is what proxies commonly take.
const MAX_BYTES: usize = 2048;

/// A URL that the server may be told to call: it begins with `http://` or `https://`. A name is not resolved here: what
/// it resolves to may be another address by the time of a call, so whoever calls looks at the address then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalledUrl {
    text: String,
    /// Whether it names neither a port nor a private address, as the documentation asks.
    public: bool,
}

impl CalledUrl {
    /// Takes a text as a URL.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        // Readers of URLs disagree about what a backslash is.
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let authority = rest.split(['/', '?', '#']).next()?;
        let fits = web && printable && text.len() <= MAX_BYTES && !authority.is_empty();
        fits.then(|| Self { text: text.to_owned(), public: is_public_host(authority) })
    }

    /// The URL, if the server may call it: a public one, or any when the operator has allowed private ones.
    ///
    /// # Errors
    /// [`PrivateUrl`].
    pub fn allowed(self, allow_private: bool) -> Result<String, PrivateUrl> {
        if self.public || allow_private {
            return Ok(self.text);
        }
        Err(PrivateUrl(self.text.chars().take(100).collect()))
    }
}

/// A URL names a port, or an address that is private on sight, and the operator allows neither. Begins in the middle of a
/// sentence whose subject is the parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must name no port and no private address, but is '{0}'")]
pub struct PrivateUrl(String);

/// Whether an authority is a host alone, and not one that is private on sight. With user information or a port it is
/// not a host alone: no host's name holds `@` or `:`.
fn is_public_host(authority: &str) -> bool {
    if let Some(address) = authority.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse().is_ok_and(|address| is_public(IpAddr::V6(address)));
    }
    let host = authority.strip_suffix('.').unwrap_or(authority).to_ascii_lowercase();
    let named = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    let local = host == "localhost" || host.ends_with(".localhost");
    if host.is_empty() || !named || local {
        return false;
    }
    // A host that ends in a number is an IPv4 address, in whatever notation; only the plain one is taken.
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit());
    !numeric || host.parse().is_ok_and(|address| is_public(IpAddr::V4(address)))
}

impl<'de> Deserialize<'de> for CalledUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Rule)
    }
}

struct Rule;

impl Visitor<'_> for Rule {
    type Value = CalledUrl;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a URL that begins with http:// or https://")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<CalledUrl, E> {
        CalledUrl::new(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl JsonSchema for CalledUrl {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "CalledUrl".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_taken() {
        for url in [
            "http://example.com",
            "HTTPS://hooks.example.com/im?x=1#y",
            "https://example.com./",
            "http://8.8.8.8/audit",
            "http://[2001:4860:4860::8888]/",
            "http://[64:ff9b::8.8.8.8]/",
            "http://[2002:808:808::1]/",
            "http://198.20.0.1/",
            "http://3com.example/",
        ] {
            assert!(CalledUrl::new(url).is_some_and(|url| url.public), "{url}");
        }
    }

    #[test]
    fn a_url_with_another_scheme_a_port_or_a_private_address_is_refused() {
        for url in [
            "",
            "example.com",
            "ftp://example.com/",
            "http://",
            "http:///path",
            "http://example.com:8080/",
            "http://example.com:/",
            "http://user@example.com/",
            "http://exa mple.com/",
            "http://例え.jp/",
            "http://localhost/",
            "http://app.localhost/",
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://10.1.2.3/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest",
            "http://100.100.100.200/",
            "http://0.0.0.0/",
            "http://[::1]/",
            "http://[fd00::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[::10.0.0.1]/",
            "http://[64:ff9b::10.0.0.1]/",
            "http://[64:ff9b::127.0.0.1]/",
            "http://[64:ff9b:1::8.8.8.8]/",
            "http://[2002:a00:1::]/",
            "http://[2002:7f00:1::1]/",
            "http://[2001::1]/",
            "http://[2001:db8::1]/",
            "http://[fec0::1]/",
            "http://[ff02::1]/",
            "http://198.18.0.1/",
            "http://198.19.255.255/",
            "http://192.0.0.8/",
            "http://192.0.2.1/",
            "http://192.88.99.1/",
            "http://198.51.100.7/",
            "http://203.0.113.7/",
            "http://224.0.0.1/",
            "http://240.0.0.1/",
            "http://255.255.255.255/",
            "http://[2001:4860:4860::8888]:80/",
            "http://example.com\\@127.0.0.1/",
        ] {
            assert!(CalledUrl::new(url).is_none_or(|url| !url.public), "{url}");
        }
        assert!(CalledUrl::new(&format!("http://example.com/{}", "x".repeat(2048))).is_none());
    }

    #[test]
    fn a_private_url_is_taken_only_where_the_operator_allows_it() {
        let url = CalledUrl::new("http://127.0.0.1:8080/hook").unwrap();
        let refused = url.clone().allowed(false).unwrap_err().to_string();
        assert!(refused.starts_with("must name no port"), "{refused}");
        assert_eq!(url.allowed(true).unwrap(), "http://127.0.0.1:8080/hook");
        assert_eq!(CalledUrl::new("ftp://example.com/"), None);
    }
}
