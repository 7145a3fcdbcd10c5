//! Where an invite link leads.

use crate::Call;

/// The link of an invite code: a page of this server.
pub(crate) fn invite_link(call: &Call<'_>, code: &str) -> String {
    link(call.state.base_url.as_deref().unwrap_or(call.host), call.secure, code)
}

/// The link at a base URL, or at a host. `secure` counts where the text names no scheme: old clients put a scheme into
/// the `Host` header.
fn link(base: &str, secure: bool, code: &str) -> String {
    let base = base.trim_end_matches('/');
    match (base.contains("://"), secure) {
        (true, _) => format!("{base}/i/{code}"),
        (false, true) => format!("https://{base}/i/{code}"),
        (false, false) => format!("http://{base}/i/{code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_the_configured_address_or_to_the_one_that_was_called() {
        assert_eq!(link("127.0.0.1:7070", false, "c1"), "http://127.0.0.1:7070/i/c1");
        assert_eq!(link("im.example.com", true, "c1"), "https://im.example.com/i/c1");
        assert_eq!(link("http://im.example.com", true, "c1"), "http://im.example.com/i/c1");
        assert_eq!(link("https://im.example.com/", false, "c1"), "https://im.example.com/i/c1");
    }
}
