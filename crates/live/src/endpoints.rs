//! Where clients reach this server.

use crate::Call;

/// The path of the WebSocket endpoint.
const WEBSOCKET_PATH: &str = "/connection/websocket";

/// Addresses told to clients. Without one in the configuration, the address that the caller of the operation used is
/// told, because whoever reached the server there can tell others to.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// The base URL of the HTTP endpoint, `https://im.example.com`, if it is configured.
    pub http: Option<String>,
    /// The URL of the WebSocket endpoint, if it is configured apart from [`Endpoints::http`].
    pub websocket: Option<String>,
}

impl Endpoints {
    /// The URL of the WebSocket endpoint.
    pub(crate) fn websocket(&self, call: &Call<'_>) -> String {
        match (&self.websocket, &self.http) {
            (Some(url), _) => url.clone(),
            (None, Some(base)) => websocket_of(base, call.secure),
            (None, None) => websocket_of(call.host, call.secure),
        }
    }
}

/// The WebSocket URL at a base URL, or at a host. `secure` counts where the text names no scheme: old clients put a
/// scheme into the `Host` header.
fn websocket_of(base: &str, secure: bool) -> String {
    let (secure, host) = match base.split_once("://") {
        Some((scheme, host)) => (scheme.eq_ignore_ascii_case("https"), host),
        None => (secure, base),
    };
    let scheme = if secure { "wss" } else { "ws" };
    format!("{scheme}://{}{WEBSOCKET_PATH}", host.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_websocket_url_follows_the_scheme_of_its_base_or_of_the_connection() {
        for (base, secure, url) in [
            ("127.0.0.1:7070", false, "ws://127.0.0.1:7070/connection/websocket"),
            ("im.example.com", true, "wss://im.example.com/connection/websocket"),
            ("http://im.example.com", true, "ws://im.example.com/connection/websocket"),
            ("https://im.example.com/", false, "wss://im.example.com/connection/websocket"),
        ] {
            assert_eq!(websocket_of(base, secure), url);
        }
    }
}
