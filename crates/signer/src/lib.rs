//! A caller that signs, for tests and measures. It is written from the documentation: none of the gateway's code, which
//! verifies what it signs, is used.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::{digest, hmac};

/// When everything is signed, where nobody says otherwise.
pub const TIMESTAMP: &str = "2026-11-20T10:00:00Z";

/// What signatures leave as it is: letters, digits and `-_.~`.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How requests are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// HMAC-SHA1 over every parameter, as `Signature` in the query.
    V1,
    /// ACS3-HMAC-SHA256 over query, headers and the hash of the body, in the header `Authorization`.
    V3,
}

/// Makes signed requests, in its own way: none of the gateway's code is used.
#[derive(Clone, Debug)]
pub struct Client {
    /// The signature's version.
    pub version: Version,
    /// The id of the access key.
    pub key: String,
    /// Its secret.
    pub secret: String,
    /// The HTTP method.
    pub method: &'static str,
    /// The API's version.
    pub api: &'static str,
    /// When it is signed, as `2026-11-20T10:00:00Z`.
    pub date: String,
    /// The nonce; a client draws one when it is made.
    pub nonce: String,
    /// Form parameters; those of the call itself go into the query.
    pub form: Vec<(String, String)>,
    /// A JSON body, instead of a form.
    pub json: Option<String>,
    /// Additional headers; V3 signs those whose names begin with `x-acs-`.
    pub headers: Vec<(&'static str, String)>,
    /// The header `Host`.
    pub host: String,
    /// Whether V3 signs the host.
    pub signs_host: bool,
}

static NONCES: AtomicU64 = AtomicU64::new(0);

impl Client {
    /// A client of the first version, with the access key of this id and the secret `<id>-secret`.
    pub fn v1(key: &str) -> Self {
        Self::new(Version::V1, key)
    }

    /// The same, of the third version.
    pub fn v3(key: &str) -> Self {
        Self::new(Version::V3, key)
    }

    /// A client of either version: POST, to `live`, at [`TIMESTAMP`].
    pub fn new(version: Version, key: &str) -> Self {
        Self {
            version,
            key: key.to_owned(),
            secret: format!("{key}-secret"),
            method: "POST",
            api: "2016-11-01",
            date: TIMESTAMP.to_owned(),
            nonce: format!("nonce-{}", NONCES.fetch_add(1, Ordering::Relaxed)),
            form: Vec::new(),
            json: None,
            headers: Vec::new(),
            host: "live.example:7070".to_owned(),
            signs_host: true,
        }
    }

    /// With a nonce that was not used before.
    #[must_use]
    pub fn once_more(mut self) -> Self {
        self.nonce = format!("nonce-{}", NONCES.fetch_add(1, Ordering::Relaxed));
        self
    }

    /// With another secret.
    #[must_use]
    pub fn secret(mut self, secret: &str) -> Self {
        secret.clone_into(&mut self.secret);
        self
    }

    /// A request for `action` with these parameters in its query.
    pub fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Request<Full<Bytes>> {
        let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        match self.version {
            Version::V1 => self.call_v1(action, owned(parameters)),
            Version::V3 => self.call_v3(action, owned(parameters)),
        }
    }

    fn call_v1(&self, action: &str, mut query: Vec<(String, String)>) -> Request<Full<Bytes>> {
        for (name, value) in [
            ("Action", action),
            ("Version", self.api),
            ("Timestamp", &self.date),
            ("SignatureNonce", &self.nonce),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("AccessKeyId", &self.key),
        ] {
            if !query.iter().any(|(other, _)| other == name) {
                query.push((name.to_owned(), value.to_owned()));
            }
        }
        let mut signed: Vec<(String, String)> = query
            .iter()
            .filter(|(name, _)| self.form.iter().all(|(other, _)| other != name))
            .chain(&self.form)
            .cloned()
            .collect();
        signed.sort();
        let text = format!("{}&%2F&{}", self.method, encode(&join(&signed)));
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{}&", self.secret).as_bytes());
        query.push(("Signature".to_owned(), STANDARD.encode(hmac::sign(&key, text.as_bytes()))));
        self.request(&join(&query), &[])
    }

    fn call_v3(&self, action: &str, mut query: Vec<(String, String)>) -> Request<Full<Bytes>> {
        query.sort();
        let body = self.body();
        let mut headers: Vec<(&'static str, String)> = vec![
            ("host", self.host.clone()),
            ("x-acs-action", action.to_owned()),
            ("x-acs-content-sha256", hex(digest::digest(&digest::SHA256, body.as_bytes()).as_ref())),
            ("x-acs-date", self.date.clone()),
            ("x-acs-signature-nonce", self.nonce.clone()),
            ("x-acs-version", self.api.to_owned()),
        ];
        if !body.is_empty() {
            headers.push(("content-type", self.media_type().to_owned()));
        }
        headers.extend(self.headers.iter().filter(|(name, _)| name.starts_with("x-acs-")).cloned());
        headers.retain(|(name, value)| !value.is_empty() && (self.signs_host || *name != "host"));
        headers.sort();
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let list = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let hash = hex(digest::digest(&digest::SHA256, body.as_bytes()).as_ref());
        let canonical = format!("{}\n/\n{}\n{lines}\n{list}\n{hash}", self.method, join(&query));
        let hashed = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        let signature = hex(hmac::sign(&key, format!("ACS3-HMAC-SHA256\n{hashed}").as_bytes()).as_ref());
        let authorization =
            format!("ACS3-HMAC-SHA256 Credential={},SignedHeaders={list},Signature={signature}", self.key);
        headers.push(("authorization", authorization));
        headers.retain(|(name, _)| !matches!(*name, "host" | "content-type"));
        self.request(&join(&query), &headers)
    }

    fn body(&self) -> String {
        self.json.clone().unwrap_or_else(|| join(&self.form))
    }

    fn media_type(&self) -> &'static str {
        if self.json.is_some() {
            "application/json; charset=utf-8"
        } else {
            "application/x-www-form-urlencoded"
        }
    }

    #[expect(
        clippy::expect_used,
        reason = "who signs has made up what is signed: no stranger's names or values are in it"
    )]
    fn request(&self, query: &str, headers: &[(&'static str, String)]) -> Request<Full<Bytes>> {
        let mut request =
            Request::builder().method(self.method).uri(format!("/?{query}")).header("host", &self.host);
        let body = self.body();
        if !body.is_empty() {
            request = request.header("content-type", self.media_type());
        }
        let mine = self
            .headers
            .iter()
            .filter(|(name, _)| self.version == Version::V1 || !name.starts_with("x-acs-"));
        for (name, value) in headers.iter().chain(mine) {
            request = request.header(*name, value);
        }
        request.body(Full::new(Bytes::from(body))).expect("a request")
    }
}

/// Percent-encoding of signatures: letters, digits and `-_.~` stay.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

fn join(pairs: &[(String, String)]) -> String {
    pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
