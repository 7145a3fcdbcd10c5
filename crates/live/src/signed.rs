//! Calls to an application's own addresses, with the headers that show who makes them.

use md5::{Digest as _, Md5};
use muster_core::{hex::hex, outbound::Call};
use ring::hmac;
use url::Url;

/// The call that hands `body`, which is JSON, over to `url`, signed with the application's key as of `now` (in seconds since
/// 1970): as it is documented, by host and time, and by the body too.
///
/// # Errors
/// The reason why it cannot be made: a URL without a host.
pub(crate) fn post(url: &str, body: Vec<u8>, key: &str, now: i64) -> Result<Call, String> {
    let parsed = Url::parse(url).map_err(|error| format!("the URL cannot be called: {error}"))?;
    let host = parsed.host_str().ok_or("the URL names no host")?;
    let stamped = [format!("{now}.").as_bytes(), &body].concat();
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), &stamped);
    let documented = Md5::digest(format!("{host}|{now}|{key}"));
    let mut made = Call::post_json(url, body);
    made.headers.extend([
        ("ali-live-timestamp", now.to_string()),
        ("ali-live-signature", hex(&documented)),
        ("muster-signature", hex(signature.as_ref())),
    ]);
    Ok(made)
}
