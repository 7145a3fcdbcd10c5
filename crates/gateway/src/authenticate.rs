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
//! A temporary key goes with its security token. Without one it is told that the token is missing; a token that
//! nobody knows, beside the id of a temporary key, is malformed (it cannot be ours); a token beside a lasting key does not
//! belong to it; a key whose time is over is told that its token is expired.

use std::borrow::Cow;
use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderName, request};
use md5::{Digest as _, Md5};

use crate::exchange::ProvenCall;
use crate::failure::Failure;
use crate::identity::{AccessKey, CredentialFault, Identities, Identity};
use crate::parameter::{Pair, Parameters};
use crate::percent::is_plain;
use crate::refusal;
use crate::replay::{NonceVerdict, ReplayGuard, StampedNonce};
use crate::signature::v1::Covers;
use crate::signature::v3::{Authorization, Names, Signed};
use crate::signature::{SignatureForm, V1Credentials, V3Credentials, v1, v3};
use crate::timestamp;

static X_ACS_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-acs-content-sha256");
static CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

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
    /// Query parameters as given, for V3 alone.
    pub(crate) query: &'a [Pair<'a>],
    pub(crate) body: &'a [u8],
}

/// A request whose signature is right.
pub(crate) struct Authenticated<'r> {
    /// Who signed it.
    pub(crate) identity: Arc<Identity>,
    /// What makes it count once.
    pub(crate) once: Once<'r>,
    /// Whether the signature leaves out parameters that are empty; they must have no effect then.
    pub(crate) filled_alone: bool,
}

/// What makes a signed request count once.
pub(crate) struct Once<'r> {
    /// Its nonce; V3 may leave it out.
    nonce: Option<&'r str>,
    signature: &'r str,
    /// The time it is stamped with, milliseconds since 1970 UTC.
    stamped: i64,
}

impl Once<'_> {
    /// Accepts the request once. What only reads may come without a nonce, as some clients send it, and
    /// is then not remembered; for what changes something the signature is the nonce.
    pub(crate) async fn spend(&self, replay: &dyn ReplayGuard, call: &ProvenCall<'_>) -> Result<(), Failure> {
        let nonce = match self.nonce {
            Some(nonce) => nonce,
            None if call.route.entry.spec.read_only => return Ok(()),
            None => self.signature,
        };
        let (counted_by, now) = (call.identity.counted_by(), call.exchange.now);
        // Sessions of one role may draw the same nonces.
        let nonce = match call.identity.temporary() {
            Some(_) => Cow::Owned(format!("{} {nonce}", call.identity.credential())),
            None => Cow::Borrowed(nonce),
        };
        let nonce = StampedNonce { access_key: counted_by, nonce: &nonce, stamped: self.stamped, now };
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
    pub(crate) async fn authenticate<'r>(
        &self,
        form: &SignatureForm<'r>,
        request: &Presented<'r>,
    ) -> Result<Authenticated<'r>, Failure> {
        match form {
            SignatureForm::V1(credentials) => self.verify_v1(credentials, request).await,
            SignatureForm::V3(credentials) => self.verify_v3(credentials, request).await,
            SignatureForm::OtherMethod => Err(refusal::invalid_signature_method()),
            SignatureForm::Unsupported => Err(refusal::unsupported_signature_type()),
            SignatureForm::Anonymous { names_key: true } => Err(Failure::missing("Signature")),
            SignatureForm::Anonymous { names_key: false } => Err(Failure::missing("AccessKeyId")),
        }
    }

    async fn verify_v1<'r>(
        &self,
        credentials: &V1Credentials<'r>,
        request: &Presented<'r>,
    ) -> Result<Authenticated<'r>, Failure> {
        let mandatory = |value: Option<&'r str>, name| value.ok_or_else(|| Failure::missing(name));
        let id = mandatory(credentials.access_key_id, "AccessKeyId")?;
        let stamped = mandatory(credentials.timestamp, "Timestamp")?;
        let nonce = mandatory(credentials.nonce, "SignatureNonce")?;
        let method = mandatory(credentials.method, "SignatureMethod")?;
        if !method.eq_ignore_ascii_case("HMAC-SHA1") {
            return Err(refusal::invalid_signature_method());
        }
        if credentials.version.is_some_and(|version| version != "1.0") {
            return Err(refusal::invalid_signature_version());
        }
        let key = self.key(id, credentials.security_token).await?;
        let stamped = self.stamp(stamped)?;
        check_content_md5(request)?;
        let signature = credentials.signature;
        let covers = check_v1(&key, request, signature)?;
        Ok(Authenticated {
            identity: Arc::clone(key.identity()),
            once: Once { nonce: Some(nonce), signature, stamped },
            filled_alone: covers == Covers::Filled,
        })
    }

    async fn verify_v3<'r>(
        &self,
        credentials: &V3Credentials<'r>,
        request: &Presented<'r>,
    ) -> Result<Authenticated<'r>, Failure> {
        let authorization = parse_v3(credentials.authorization)?;
        let key = self.key(authorization.access_key, credentials.security_token).await?;
        let stamped = self.stamp(credentials.date.ok_or_else(|| Failure::missing("Timestamp"))?)?;
        check_content_md5(request)?;
        check_v3(&key, &authorization, request)?;
        Ok(Authenticated {
            identity: Arc::clone(key.identity()),
            once: Once { nonce: credentials.nonce, signature: authorization.signature, stamped },
            filled_alone: false,
        })
    }

    async fn key(&self, id: &str, token: Option<&str>) -> Result<Arc<AccessKey>, Failure> {
        let named_temporary = id.starts_with(TEMPORARY);
        if named_temporary && token.is_none() {
            return Err(refusal::missing_security_token());
        }
        let key = self.identities.find(id, token).get().await.map_err(|fault| match fault {
            CredentialFault::NotFound if named_temporary => refusal::malformed_security_token(),
            CredentialFault::NotFound | CredentialFault::Gone => refusal::access_key_not_found(),
            CredentialFault::TokenMalformed => refusal::malformed_security_token(),
            CredentialFault::TokenMismatch => refusal::foreign_security_token(),
            CredentialFault::Unavailable => refusal::unavailable(),
        })?;
        if !key.is_active() {
            return Err(refusal::access_key_inactive());
        }
        let identity = key.identity();
        match (identity.temporary(), token) {
            (Some(_), None) => return Err(refusal::missing_security_token()),
            (None, Some(_)) => return Err(refusal::foreign_security_token()),
            (Some(_), Some(_)) | (None, None) => {}
        }
        check_expiry(identity, self.now)?;
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

/// Refuses an identity whose time is over.
pub(crate) fn check_expiry(identity: &Identity, now: i64) -> Result<(), Failure> {
    match identity.temporary() {
        Some(temporary) if temporary.expires_at <= now => Err(refusal::expired_security_token()),
        Some(_) | None => Ok(()),
    }
}

/// What the id of a temporary access key begins with.
const TEMPORARY: &str = "STS.";

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
