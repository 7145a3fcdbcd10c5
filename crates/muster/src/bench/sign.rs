//! Signed requests as the official clients send them, ready as bytes: signing is not what is measured.

use std::{net::SocketAddr, ops::Range, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use jiff::Timestamp;
use muster_core::{hex::hex, time::Clock as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::{digest, hmac};

use crate::system::System;

/// What signatures leave as it is: letters, digits and `-_.~`.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The version of the `live` product.
const LIVE: &str = "2016-11-01";

/// A caller's key.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) id: String,
    pub(crate) secret: String,
    /// Begins every nonce, so that two runs do not meet.
    pub(crate) nonce: String,
}

/// A form of signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// HMAC-SHA1 in the query, GET: the older clients.
    V1,
    /// ACS3-HMAC-SHA256 in a header, POST: the newer ones.
    V3,
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

fn query(pairs: &[(String, String)]) -> String {
    let mut sorted: Vec<_> = pairs.iter().map(|(name, value)| (encoded(name), encoded(value))).collect();
    sorted.sort();
    sorted.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

impl Caller {
    /// Requests for `action` with these serials; their parameters by how many came before.
    pub(super) fn requests(
        &self,
        form: Form,
        host: SocketAddr,
        action: &str,
        serials: Range<u64>,
        parameters: impl Fn(u64) -> Vec<(&'static str, String)>,
    ) -> Arc<Vec<Bytes>> {
        let host = host.to_string();
        let now = Timestamp::from_millisecond(System::new().now().0).unwrap_or_default();
        let first = serials.start;
        Arc::new(serials.map(|n| self.request(form, &host, action, &parameters(n - first), now, n)).collect())
    }

    /// The `serial`-th request for `action` of the `live` product.
    fn request(
        &self,
        form: Form,
        host: &str,
        action: &str,
        parameters: &[(&str, String)],
        now: Timestamp,
        serial: u64,
    ) -> Bytes {
        let nonce = format!("{}{serial:012}", self.nonce);
        let pairs: Vec<(String, String)> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let text = match form {
            Form::V1 => {
                let query = self.v1_query("GET", (action, LIVE), pairs, stamp, nonce);
                format!("GET /?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n")
            }
            Form::V3 => self.v3(host, action, &pairs, &stamp, &nonce),
        };
        Bytes::from(text)
    }

    /// The query of a V1 request: common parameters and signature with the rest.
    pub(crate) fn v1_query(
        &self,
        method: &str,
        (action, version): (&str, &str),
        mut pairs: Vec<(String, String)>,
        stamp: String,
        nonce: String,
    ) -> String {
        for (name, value) in [
            ("AccessKeyId", self.id.clone()),
            ("Action", action.to_owned()),
            ("Format", "JSON".to_owned()),
            ("SignatureMethod", "HMAC-SHA1".to_owned()),
            ("SignatureNonce", nonce),
            ("SignatureVersion", "1.0".to_owned()),
            ("Timestamp", stamp),
            ("Version", version.to_owned()),
        ] {
            pairs.push((name.to_owned(), value));
        }
        let canonical = query(&pairs);
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{}&", self.secret).as_bytes());
        let signature = hmac::sign(&key, format!("{method}&%2F&{}", encoded(&canonical)).as_bytes());
        format!("{canonical}&Signature={}", encoded(&STANDARD.encode(signature)))
    }

    fn v3(&self, host: &str, action: &str, pairs: &[(String, String)], stamp: &str, nonce: &str) -> String {
        let canonical = query(pairs);
        let empty = hex(digest::digest(&digest::SHA256, b"").as_ref());
        let headers = [
            ("host", host),
            ("x-acs-action", action),
            ("x-acs-content-sha256", &empty),
            ("x-acs-date", stamp),
            ("x-acs-signature-nonce", nonce),
            ("x-acs-version", LIVE),
        ];
        let names = headers.map(|(name, _)| name).join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let request = format!("POST\n/\n{canonical}\n{lines}\n{names}\n{empty}");
        let to_sign = format!(
            "ACS3-HMAC-SHA256\n{}",
            hex(digest::digest(&digest::SHA256, request.as_bytes()).as_ref())
        );
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        let signature = hex(hmac::sign(&key, to_sign.as_bytes()).as_ref());
        let sent: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!(
            "POST /?{canonical} HTTP/1.1\r\n{sent}Authorization: ACS3-HMAC-SHA256 \
             Credential={},SignedHeaders={names},Signature={signature}\r\nContent-Length: 0\r\n\r\n",
            self.id
        )
    }
}
