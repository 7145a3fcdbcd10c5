//! Who sends a request, when trusted proxies stand between.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

use crate::config::Networks;

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The client's address; the port is 0 when a proxy did not say it.
    pub(crate) client: SocketAddr,
    /// Whether the client spoke TLS.
    pub(crate) secure: bool,
}

/// The origin of a request that came from `peer` over a connection that is `secure` or not.
///
/// `X-Forwarded-For` is read from its end: each proxy adds whom it heard. The client is the first address that is not
/// a trusted proxy's; what stands before it is the client's own claim. Of `X-Forwarded-Proto` the last value counts. Both
/// count from a trusted proxy alone.
pub(crate) fn origin(trusted: &Networks, peer: SocketAddr, secure: bool, headers: &HeaderMap) -> Origin {
    if trusted.is_empty() || !trusted.contain(peer.ip()) {
        return Origin { client: peer, secure };
    }
    let mut client = peer;
    for named in values(headers, "x-forwarded-for").rev() {
        // Beyond what cannot be read nothing can be believed.
        let Some(address) = address(named) else { break };
        client = address;
        if !trusted.contain(address.ip()) {
            break;
        }
    }
    let secure = match values(headers, "x-forwarded-proto").next_back() {
        Some(scheme) => scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("wss"),
        None => secure,
    };
    Origin { client, secure }
}

/// The members of a list, over all headers of its name.
fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl DoubleEndedIterator<Item = &'a str> {
    let all = headers.get_all(name).iter();
    all.flat_map(|value| value.to_str().unwrap_or("unreadable").split(',')).map(str::trim)
}

/// An address as proxies write it: with and without a port, an IPv6 one with and without brackets.
fn address(text: &str) -> Option<SocketAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let at_no_port = bare.parse::<IpAddr>().map(|address| SocketAddr::new(address, 0));
    let address: SocketAddr = at_no_port.or_else(|_| text.parse()).ok()?;
    Some(SocketAddr::new(address.ip().to_canonical(), address.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, headers: &[(&'static str, &str)]) -> (String, bool) {
        let trusted =
            toml::from_str::<crate::config::HttpConfig>("trusted_proxies = ['10.0.0.0/8', 'fd00::1']");
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let origin = origin(&trusted.unwrap().trusted_proxies, peer.parse().unwrap(), false, &map);
        (origin.client.to_string(), origin.secure)
    }

    #[test]
    fn a_stranger_s_headers_do_not_count() {
        let forged = [("x-forwarded-for", "192.0.2.9"), ("x-forwarded-proto", "https")];
        assert_eq!(seen("198.51.100.1:5", &forged), ("198.51.100.1:5".to_owned(), false));
    }

    #[test]
    fn a_trusted_proxy_s_headers_count() {
        let said = [("x-forwarded-for", "192.0.2.9"), ("x-forwarded-proto", "https")];
        assert_eq!(seen("10.0.0.1:5", &said), ("192.0.2.9:0".to_owned(), true));
        assert_eq!(seen("[::ffff:10.0.0.1]:5", &said), ("192.0.2.9:0".to_owned(), true));
        assert_eq!(seen("10.0.0.1:5", &[]), ("10.0.0.1:5".to_owned(), false));
    }

    #[test]
    fn what_the_client_itself_claimed_stands_before_what_the_proxies_added() {
        let said = [("x-forwarded-for", "203.0.113.7, 192.0.2.9, 10.0.0.2")];
        assert_eq!(seen("10.0.0.1:5", &said).0, "192.0.2.9:0");
        let split = [("x-forwarded-for", "203.0.113.7"), ("x-forwarded-for", "192.0.2.9")];
        assert_eq!(seen("10.0.0.1:5", &split).0, "192.0.2.9:0");
        assert_eq!(seen("10.0.0.1:5", &[("x-forwarded-for", "192.0.2.9, junk")]).0, "10.0.0.1:5");
        assert_eq!(
            seen("10.0.0.1:5", &[("x-forwarded-proto", "https, http")]),
            ("10.0.0.1:5".to_owned(), false)
        );
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (text, client) in [
            ("192.0.2.9:443", "192.0.2.9:443"),
            ("2001:db8::1", "[2001:db8::1]:0"),
            ("[2001:db8::1]", "[2001:db8::1]:0"),
            ("[2001:db8::1]:443", "[2001:db8::1]:443"),
            ("::ffff:192.0.2.9", "192.0.2.9:0"),
        ] {
            assert_eq!(seen("10.0.0.1:5", &[("x-forwarded-for", text)]).0, client);
        }
    }
}
