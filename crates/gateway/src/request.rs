//! A request as received: its body collected within bounds, its parameters decoded.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use http_body::Body;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::body::{BodyBounds, BodyFault, read_body};
use crate::config::GatewayConfig;
use crate::failure::Failure;
use crate::parameter::{Pair, Parameters, has_half_pair, json_depth};
use crate::percent::{PairsFault, read_pairs};
use crate::refusal;
use crate::signature::SignatureForm;

/// Collects the body within the gateway's bounds.
pub(crate) async fn receive_body<B: Body>(body: B, config: &GatewayConfig) -> Result<Bytes, Failure> {
    let bounds = BodyBounds { bytes: config.body_bytes, time: Duration::from_secs(config.body_seconds) };
    read_body(body, bounds).await.map_err(|fault| match fault {
        BodyFault::TooLarge => refusal::body_too_large(config.body_bytes),
        BodyFault::TooSlow => refusal::body_too_slow(config.body_seconds),
        BodyFault::Broken => refusal::body_broken(),
    })
}

/// A request with its parameters decoded.
pub(crate) struct Received<'a> {
    pub(crate) parameters: Parameters<'a>,
    /// Query parameters as given; V3 signs them apart from those of the body.
    pub(crate) query: Vec<Pair<'a>>,
}

/// Decodes query and body. Both may hold parameters, whatever the method; of equal names that of the
/// body counts.
pub(crate) fn receive<'a>(
    head: &'a Parts,
    body: &'a [u8],
    form: &SignatureForm<'_>,
    config: &GatewayConfig,
) -> Result<Received<'a>, Failure> {
    check_encoding(&head.headers, body)?;
    let mut pairs = Vec::with_capacity(24);
    read_into(head.uri.query().unwrap_or_default(), config, &mut pairs)?;
    let query = if form.signs_bodies() { pairs.clone() } else { Vec::new() };
    match BodyKind::of(&head.headers, body) {
        BodyKind::Form => {
            let form = std::str::from_utf8(body).map_err(|_| refusal::body_not_text())?;
            read_into(form, config, &mut pairs)?;
        }
        // V1 does not sign such a body, so nothing in it may count.
        BodyKind::Json if form.signs_bodies() => read_json_into(body, config, &mut pairs)?,
        BodyKind::Json | BodyKind::Other => {}
    }
    Ok(Received { parameters: Parameters::new(pairs), query })
}

/// Refuses a compressed body by name, also one that does not say what it is: both would be taken for text.
fn check_encoding(headers: &HeaderMap, body: &[u8]) -> Result<(), Failure> {
    if body.is_empty() {
        return Ok(());
    }
    let named = headers.get(CONTENT_ENCODING).map(|value| String::from_utf8_lossy(value.as_bytes()));
    match named {
        Some(encoding)
            if !encoding.trim().is_empty() && !encoding.trim().eq_ignore_ascii_case("identity") =>
        {
            Err(refusal::body_encoded(encoding.trim()))
        }
        _ if body.starts_with(GZIP) => Err(refusal::body_encoded("gzip")),
        _ => Ok(()),
    }
}

/// What every gzip stream begins with. No text in UTF-8 does.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// The host as the client names it, which is what its signature covers.
pub(crate) fn host(head: &Parts) -> &str {
    let authority = || head.uri.authority().map(http::uri::Authority::as_str);
    header(&head.headers, &HOST).or_else(authority).unwrap_or_default()
}

/// Refuses a request that names no host, or two.
pub(crate) fn check_host(head: &Parts) -> Result<(), Failure> {
    let mut hosts = head.headers.get_all(HOST).iter();
    let named = match hosts.next() {
        Some(host) => !host.is_empty(),
        None => head.uri.authority().is_some(),
    };
    match (named, hosts.next()) {
        (_, Some(_)) => Err(refusal::repeated_header("host")),
        (false, None) => Err(Failure::missing("Host")),
        (true, None) => Ok(()),
    }
}

/// A header's value, if it is there and is text.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The parameters that mean something to the gateway itself; an empty one counts as absent.
#[derive(Debug, Default)]
pub(crate) struct Common<'a> {
    pub(crate) action: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) format: Option<&'a str>,
    pub(crate) access_key_id: Option<&'a str>,
    pub(crate) timestamp: Option<&'a str>,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) signature: Option<&'a str>,
    pub(crate) signature_method: Option<&'a str>,
    pub(crate) signature_version: Option<&'a str>,
    pub(crate) signature_type: Option<&'a str>,
    pub(crate) security_token: Option<&'a str>,
    pub(crate) bearer_token: Option<&'a str>,
}

impl<'a> Common<'a> {
    /// Finds them all in one pass: a search for each would cost more than everything else here.
    pub(crate) fn of(parameters: &'a Parameters<'_>) -> Self {
        let mut common = Self::default();
        for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
            let member = match name {
                "Action" => &mut common.action,
                "Version" => &mut common.version,
                "Format" => &mut common.format,
                "AccessKeyId" => &mut common.access_key_id,
                "Timestamp" => &mut common.timestamp,
                "SignatureNonce" => &mut common.nonce,
                "Signature" => &mut common.signature,
                "SignatureMethod" => &mut common.signature_method,
                "SignatureVersion" => &mut common.signature_version,
                "SignatureType" => &mut common.signature_type,
                "SecurityToken" => &mut common.security_token,
                "BearerToken" => &mut common.bearer_token,
                _ => continue,
            };
            *member = Some(value);
        }
        common
    }
}

/// How a body is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyKind {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/json`.
    Json,
    /// Anything else holds no parameters.
    Other,
}

impl BodyKind {
    fn of(headers: &HeaderMap, body: &[u8]) -> Self {
        if body.is_empty() {
            return Self::Other;
        }
        let media_type = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
        let media_type = media_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        if media_type.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
            Self::Form
        } else if media_type.eq_ignore_ascii_case(b"application/json") {
            Self::Json
        } else {
            Self::Other
        }
    }
}

/// Appends the parameters of a query or form.
fn read_into<'a>(text: &'a str, config: &GatewayConfig, pairs: &mut Vec<Pair<'a>>) -> Result<(), Failure> {
    read_pairs(text, config.parameters, pairs).map_err(|fault| match fault {
        PairsFault::TooMany => refusal::too_many_parameters(config.parameters),
        PairsFault::NotText(parameter) => refusal::not_text(&parameter),
    })
}

/// Appends the members of a JSON body as parameters: texts as they are, numbers and booleans as they
/// are written, lists and objects as JSON text; null is absent.
fn read_json_into(body: &[u8], config: &GatewayConfig, pairs: &mut Vec<Pair<'_>>) -> Result<(), Failure> {
    let text = std::str::from_utf8(body).map_err(|_| refusal::body_not_json())?;
    if json_depth(text) > config.json_depth {
        return Err(refusal::body_too_deep(config.json_depth));
    }
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|_| {
        if has_half_pair(text) { refusal::half_pair("of the body") } else { refusal::body_not_json() }
    })?;
    for (name, value) in members {
        let value: Value = serde_json::from_str(value.get()).map_err(|_| refusal::half_pair(&name))?;
        if pairs.len() == config.parameters {
            return Err(refusal::too_many_parameters(config.parameters));
        }
        let value = match value {
            Value::Null => continue,
            Value::String(text) => text,
            other => other.to_string(),
        };
        pairs.push((Cow::Owned(name), Cow::Owned(value)));
    }
    Ok(())
}
