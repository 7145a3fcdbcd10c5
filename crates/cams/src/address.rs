//! Addresses of this server's own pages and files.

use muster_core::chat_file::FilePath;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::Call;

/// What stands for something else in a path.
const NOT_OF_A_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The base of this server's addresses: as the operator says, or as the caller has reached it.
pub(crate) fn base(call: &Call<'_>) -> String {
    at(call.state.base_url.as_deref().unwrap_or(call.host), call.secure)
}

/// The link of an invite code: a page of this server.
pub(crate) fn invite_link(call: &Call<'_>, code: &str) -> String {
    format!("{}/i/{code}", base(call))
}

/// Where a file is read.
pub(crate) fn file_url(call: &Call<'_>, path: &FilePath) -> String {
    let name = path.as_str().split_once('/').map_or("", |(_, name)| name);
    format!("{}/files/{}/{}", base(call), path.directory(), utf8_percent_encode(name, NOT_OF_A_NAME))
}

/// The path of a file of this server's, if an address is one.
pub(crate) fn file_path(call: &Call<'_>, url: &str) -> Option<String> {
    let path = url.strip_prefix(&base(call))?.strip_prefix("/files/")?;
    percent_decode_str(path).decode_utf8().ok().map(Into::into)
}

/// The base at a URL, or at a host. `secure` counts where the text names no scheme: old clients put a scheme into the `Host`
/// header.
fn at(base: &str, secure: bool) -> String {
    let base = base.trim_end_matches('/');
    match (base.contains("://"), secure) {
        (true, _) => base.to_owned(),
        (false, true) => format!("https://{base}"),
        (false, false) => format!("http://{base}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_begins_as_is_configured_or_with_what_was_called() {
        assert_eq!(at("127.0.0.1:7070", false), "http://127.0.0.1:7070");
        assert_eq!(at("im.example.com", true), "https://im.example.com");
        assert_eq!(at("http://im.example.com", true), "http://im.example.com");
        assert_eq!(at("https://im.example.com/", false), "https://im.example.com");
    }
}
