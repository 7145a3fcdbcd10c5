//! Who sends a request, and whether it is really they.
//!
//! Checks come in this order: credentials complete → access key known and active → time well formed
//! and within the window → signature. The nonce comes last of all, after policies and quotas
//! ([`crate::gateway`]): it is remembered only for a request that is going to be carried out. Else
//! anybody could burn somebody else's, and a key without any permission could fill the memory of
//! nonces. The documentation lists it before the signature; a request that fails both is told about its
//! signature.
//!
//! A request can be read in one way only: a host and every signed header stand once.
//!
//! This server issues no temporary credentials. An access key that begins with `STS.` without a token
//! is told that the token is missing, with one that the token is malformed (it cannot be ours); a
//! token beside an ordinary key does not belong to it.

use std::sync::Arc;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, request};
use md5::{Digest as _, Md5};

use crate::failure::Failure;
use crate::identity::{AccessKey, Identities};
use crate::parameter::{Pair, Parameters};
use crate::percent::is_plain;
use crate::refusal;
use crate::replay::{NonceVerdict, ReplayGuard, StampedNonce};
use crate::request::Common;
use crate::signature::v1::Covers;
use crate::signature::v3::{Authorization, Names, Signed};
use crate::signature::{v1, v3};
use crate::timestamp;

pub(crate) static X_ACS_ACTION: HeaderName = HeaderName::from_static("x-acs-action");
pub(crate) static X_ACS_VERSION: HeaderName = HeaderName::from_static("x-acs-version");
static X_ACS_BEARER_TOKEN: HeaderName = HeaderName::from_static("x-acs-bearer-token");
static X_ACS_DATE: HeaderName = HeaderName::from_static("x-acs-date");
static X_ACS_SIGNATURE_NONCE: HeaderName = HeaderName::from_static("x-acs-signature-nonce");
static X_ACS_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-acs-security-token");
static X_ACS_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-acs-content-sha256");
static CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// How a request says who sends it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Family<'a> {
    /// Parameters, signature included.
    V1,
    /// Headers; the value is that of `Authorization`.
    V3(&'a str),
    /// A signature in `Authorization` that is not verified here, such as `ACS4-HMAC-SHA256`.
    OtherMethod,
    /// A bearer token or another kind of credential that no product here takes.
    Unsupported,
    /// Not at all.
    Anonymous,
}

/// Tells the family of a request. A request that carries both signatures is taken as V3.
pub(crate) fn family<'a>(headers: &'a HeaderMap, common: &Common<'_>) -> Family<'a> {
    if is_v3(headers) {
        Family::V3(header(headers, &AUTHORIZATION).unwrap_or_default())
    } else if begins(headers, b"ACS") {
        Family::OtherMethod
    } else if headers.contains_key(&X_ACS_BEARER_TOKEN)
        || common.bearer_token.is_some()
        || common.signature_type.is_some()
    {
        Family::Unsupported
    } else if common.signature.is_some() {
        Family::V1
    } else {
        Family::Anonymous
    }
}

/// Whether a request is signed with V3.
pub(crate) fn is_v3(headers: &HeaderMap) -> bool {
    begins(headers, b"ACS3-")
}

fn begins(headers: &HeaderMap, scheme: &[u8]) -> bool {
    headers.get(AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(scheme))
}

/// Refuses a request that names no host, or two.
pub(crate) fn check_host(head: &request::Parts) -> Result<(), Failure> {
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

/// What checking a request needs.
pub(crate) struct Authenticator<'a> {
    pub(crate) identities: &'a dyn Identities,
    /// Milliseconds since 1970 UTC.
    pub(crate) now: i64,
    /// Milliseconds either way.
    pub(crate) window: i64,
}

/// A request to be checked.
pub(crate) struct Presented<'a> {
    pub(crate) head: &'a request::Parts,
    pub(crate) parameters: &'a Parameters<'a>,
    pub(crate) common: &'a Common<'a>,
    /// Query parameters as given, for V3 alone.
    pub(crate) query: &'a [Pair<'a>],
    pub(crate) body: &'a [u8],
}

/// A request whose signature is right.
pub(crate) struct Authenticated<'r> {
    /// The access key that signed it.
    pub(crate) key: Arc<AccessKey>,
    /// Its nonce; V3 may leave it out.
    nonce: Option<&'r str>,
    signature: &'r str,
    /// Whether the signature leaves out parameters that are empty; they must have no effect then.
    pub(crate) filled_alone: bool,
    /// The time it is stamped with, milliseconds since 1970 UTC.
    stamped: i64,
}

impl Authenticated<'_> {
    /// Accepts the request once. What only reads may come without a nonce, as some clients send it, and
    /// is then not remembered; for what changes something the signature is the nonce.
    pub(crate) async fn once(
        &self,
        replay: &dyn ReplayGuard,
        read_only: bool,
        now: i64,
    ) -> Result<(), Failure> {
        let nonce = match self.nonce {
            Some(nonce) => nonce,
            None if read_only => return Ok(()),
            None => self.signature,
        };
        let nonce = StampedNonce { access_key: self.key.id(), nonce, stamped: self.stamped, now };
        match replay.admit(&nonce).get().await {
            NonceVerdict::Fresh => Ok(()),
            NonceVerdict::Used => Err(refusal::nonce_used()),
            NonceVerdict::TooOld => Err(refusal::timestamp_expired()),
            NonceVerdict::Full { wait } => Err(refusal::throttled(wait)),
            NonceVerdict::Unknown => Err(refusal::unavailable()),
        }
    }
}

impl Authenticator<'_> {
    /// Who signed the request.
    pub(crate) fn authenticate<'r>(
        &self,
        family: &Family<'r>,
        request: &Presented<'r>,
    ) -> Result<Authenticated<'r>, Failure> {
        match family {
            Family::V1 => self.verify_v1(request),
            Family::V3(authorization) => self.verify_v3(authorization, request),
            Family::OtherMethod => Err(refusal::invalid_signature_method()),
            Family::Unsupported => Err(refusal::unsupported_signature_type()),
            Family::Anonymous if request.common.access_key_id.is_some() => Err(Failure::missing("Signature")),
            Family::Anonymous => Err(Failure::missing("AccessKeyId")),
        }
    }

    fn verify_v1<'r>(&self, request: &Presented<'r>) -> Result<Authenticated<'r>, Failure> {
        let common = request.common;
        let mandatory = |value: Option<&'r str>, name| value.ok_or_else(|| Failure::missing(name));
        let id = mandatory(common.access_key_id, "AccessKeyId")?;
        let stamped = mandatory(common.timestamp, "Timestamp")?;
        let nonce = mandatory(common.nonce, "SignatureNonce")?;
        let method = mandatory(common.signature_method, "SignatureMethod")?;
        if !method.eq_ignore_ascii_case("HMAC-SHA1") {
            return Err(refusal::invalid_signature_method());
        }
        if common.signature_version.is_some_and(|version| version != "1.0") {
            return Err(refusal::invalid_signature_version());
        }
        let key = self.key(id, common.security_token)?;
        let stamped = self.stamp(stamped)?;
        check_content_md5(request)?;
        let signature = common.signature.ok_or_else(|| Failure::missing("Signature"))?;
        let covers = check_v1(&key, request, signature)?;
        let filled_alone = covers == Covers::Filled;
        Ok(Authenticated { key, nonce: Some(nonce), signature, filled_alone, stamped })
    }

    fn verify_v3<'r>(
        &self,
        authorization: &'r str,
        request: &Presented<'r>,
    ) -> Result<Authenticated<'r>, Failure> {
        let headers = &request.head.headers;
        let authorization = parse_v3(authorization)?;
        let token = header(headers, &X_ACS_SECURITY_TOKEN).filter(|token| !token.is_empty());
        let key = self.key(authorization.access_key, token)?;
        let stamped =
            self.stamp(header(headers, &X_ACS_DATE).ok_or_else(|| Failure::missing("Timestamp"))?)?;
        check_content_md5(request)?;
        check_v3(&key, &authorization, request)?;
        let nonce = header(headers, &X_ACS_SIGNATURE_NONCE).map(str::trim).filter(|nonce| !nonce.is_empty());
        Ok(Authenticated { key, nonce, signature: authorization.signature, filled_alone: false, stamped })
    }

    fn key(&self, id: &str, token: Option<&str>) -> Result<Arc<AccessKey>, Failure> {
        if id.starts_with("STS.") {
            return Err(match token {
                None => refusal::missing_security_token(),
                Some(_) => refusal::malformed_security_token(),
            });
        }
        let key = self.identities.access_key(id).ok_or_else(refusal::access_key_not_found)?;
        if !key.is_active() {
            return Err(refusal::access_key_inactive());
        }
        if token.is_some() {
            return Err(refusal::foreign_security_token());
        }
        Ok(key)
    }

    fn stamp(&self, text: &str) -> Result<i64, Failure> {
        let stamped = timestamp::parse(text).ok_or_else(refusal::timestamp_format)?;
        if (self.now - stamped).abs() > self.window {
            return Err(refusal::timestamp_expired());
        }
        Ok(stamped)
    }
}

/// Whether the parameters are signed with the key, and which of them. All are, by the documentation; some
/// Java runtimes send an empty value and do not sign it.
pub(crate) fn check_v1(key: &AccessKey, request: &Presented<'_>, signature: &str) -> Result<Covers, Failure> {
    let method = request.head.method.as_str();
    let string_to_sign = v1::string_to_sign(method, request.parameters, Covers::All);
    if v1::verify(key.v1(), &string_to_sign, signature) {
        return Ok(Covers::All);
    }
    if request.parameters.iter().any(|(_, value)| value.is_empty()) {
        let filled = v1::string_to_sign(method, request.parameters, Covers::Filled);
        if v1::verify(key.v1(), &filled, signature) {
            return Ok(Covers::Filled);
        }
    }
    Err(refusal::v1_mismatch(&string_to_sign))
}

/// Reads an `Authorization` header of the algorithm that is verified.
pub(crate) fn parse_v3(header: &str) -> Result<Authorization<'_>, Failure> {
    let authorization = Authorization::parse(header).ok_or_else(refusal::incomplete_signature)?;
    if authorization.algorithm.eq_ignore_ascii_case(v3::ALGORITHM) {
        Ok(authorization)
    } else {
        Err(refusal::invalid_signature_method())
    }
}

/// Whether method, query, headers and body are signed with the key.
pub(crate) fn check_v3(
    key: &AccessKey,
    authorization: &Authorization<'_>,
    request: &Presented<'_>,
) -> Result<(), Failure> {
    if !signs_enough(authorization, request) {
        return Err(refusal::incomplete_signature());
    }
    if let Some(name) = authorization.repeated(&request.head.headers) {
        return Err(refusal::repeated_header(name));
    }
    let mut query = request.query.to_vec();
    query.sort_unstable();
    let body_hash = v3::hash(request.body);
    let signed = Signed {
        method: &request.head.method,
        query: &query,
        headers: &request.head.headers,
        body_hash: &body_hash,
    };
    let canonical = signed.canonical(authorization.signed_headers, Names::Encoded);
    let string_to_sign = v3::string_to_sign(&canonical);
    if v3::verify(key.v3(), &string_to_sign, authorization.signature) {
        return Ok(());
    }
    // All official SDKs sign parameter names as they are; the documentation encodes them. Names that
    // could be taken for several parameters, or for another line, are only taken encoded.
    let unambiguous = |name: &str| !name.contains(['&', '=', '\n']);
    if query.iter().any(|(name, _)| !is_plain(name)) && query.iter().all(|(name, _)| unambiguous(name)) {
        let raw = v3::string_to_sign(&signed.canonical(authorization.signed_headers, Names::Raw));
        if v3::verify(key.v3(), &raw, authorization.signature) {
            return Ok(());
        }
    }
    Err(refusal::v3_mismatch(&string_to_sign, &canonical))
}

/// Whether every header that means something is signed: those the gateway reads, and the type of a body.
/// The host need not be: released Java runtimes leave it out. The Python SDK's asynchronous calls send an unsigned type with an empty body.
fn signs_enough(authorization: &Authorization<'_>, request: &Presented<'_>) -> bool {
    let headers = &request.head.headers;
    let typed_body = !request.body.is_empty() && headers.contains_key(CONTENT_TYPE);
    headers.contains_key(&X_ACS_CONTENT_SHA256)
        && v3::MEANINGFUL.iter().all(|name| !headers.contains_key(*name) || authorization.signs(name))
        && (!typed_body || authorization.signs(CONTENT_TYPE.as_str()))
}

/// The older Python SDK sends `Content-MD5` with its bodies. It is no part of the signature.
fn check_content_md5(request: &Presented<'_>) -> Result<(), Failure> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    let Some(sent) = request.head.headers.get(&CONTENT_MD5) else { return Ok(()) };
    let actual = STANDARD.encode(Md5::digest(request.body));
    if sent.as_bytes() == actual.as_bytes() { Ok(()) } else { Err(refusal::content_md5_not_matched()) }
}
