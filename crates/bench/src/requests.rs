//! Signed requests as the official clients send them, ready as bytes: signing is not what is measured.

use std::{fmt::Write as _, net::SocketAddr, ops::Range, sync::Arc};

use bytes::Bytes;
use http::{Method, Request};
use jiff::Timestamp;
use muster_core::time::Millis;
use muster_signer::{Client, Version};

/// Who calls, and when.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The id of the access key.
    pub(crate) id: String,
    pub(crate) secret: String,
    /// Begins every nonce, so that two runs do not meet.
    pub(crate) nonce: String,
    /// When the caller was made: what it signs is dated a moment later.
    pub(crate) since: Millis,
    /// Counts from then on.
    pub(crate) made: tokio::time::Instant,
}

impl Caller {
    /// Requests of the `live` product for `action` with these serials; their parameters by how many came before.
    pub(crate) fn requests(
        &self,
        version: Version,
        host: SocketAddr,
        action: &str,
        serials: Range<u64>,
        parameters: impl Fn(u64) -> Vec<(&'static str, String)>,
    ) -> Arc<Vec<Bytes>> {
        let method = match version {
            Version::V1 => "GET",
            Version::V3 => "POST",
        };
        let client = Client {
            key: self.id.clone(),
            secret: self.secret.clone(),
            method,
            date: self.date(),
            host: host.to_string(),
            ..Client::new(version, "")
        };
        let first = serials.start;
        let request = |serial: u64| {
            let parameters = parameters(serial - first);
            let mut pairs: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
            if version == Version::V1 {
                // The older clients say how they want to be answered.
                pairs.push(("Format", "JSON"));
            }
            let nonce = format!("{}{serial:012}", self.nonce);
            written(&Client { nonce, ..client.clone() }.call(action, &pairs))
        };
        Arc::new(serials.map(request).collect())
    }

    /// Now, as requests are dated.
    fn date(&self) -> String {
        let passed = i64::try_from(self.made.elapsed().as_millis()).unwrap_or(i64::MAX);
        let now = Timestamp::from_millisecond((self.since + passed).0).unwrap_or_default();
        now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

/// A request without a body as it goes over the wire.
fn written<B>(request: &Request<B>) -> Bytes {
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        let _ = write!(text, "{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    if request.method() == Method::POST {
        text.push_str("content-length: 0\r\n");
    }
    text.push_str("\r\n");
    Bytes::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller() -> Caller {
        Caller {
            id: "key".to_owned(),
            secret: "secret".to_owned(),
            nonce: "n".to_owned(),
            since: Millis(1_795_168_800_000),
            made: tokio::time::Instant::now(),
        }
    }

    fn one(version: Version) -> String {
        let host = "127.0.0.1:7070".parse().unwrap();
        let requests = caller().requests(version, host, "Act", 7..9, |n| vec![("Serial", n.to_string())]);
        assert_eq!(requests.len(), 2);
        String::from_utf8(requests[1].to_vec()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_of_the_first_form_says_everything_in_its_first_line() {
        let text = one(Version::V1);
        let (line, rest) = text.split_once("\r\n").unwrap();
        assert!(
            line.starts_with("GET /?Serial=1&Format=JSON&Action=Act&") && line.ends_with(" HTTP/1.1"),
            "{line}"
        );
        for part in [
            "AccessKeyId=key",
            "SignatureNonce=n000000000008",
            "Timestamp=2026-11-20T10%3A00%3A00Z",
            "Signature=",
        ] {
            assert!(line.contains(&format!("&{part}")), "{line}");
        }
        assert_eq!(rest, "host: 127.0.0.1:7070\r\n\r\n");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_of_the_third_form_is_signed_in_its_head() {
        let text = one(Version::V3);
        assert!(text.starts_with("POST /?Serial=1 HTTP/1.1\r\nhost: 127.0.0.1:7070\r\n"), "{text}");
        assert!(text.ends_with("content-length: 0\r\n\r\n"), "{text}");
        for head in
            ["x-acs-action: Act", "x-acs-date: 2026-11-20T10:00:00Z", "x-acs-signature-nonce: n000000000008"]
        {
            assert!(text.contains(&format!("\r\n{head}\r\n")), "{text}");
        }
    }
}
