//! In which form a request is signed. It is recognised here and nowhere else: everything later asks the [`SignatureForm`].
//!
//! Two looks are needed, because how a body is read depends on what the headers say: [`SignatureForm::in_headers`] before
//! the parameters are decoded, [`SignatureForm::or_in_parameters`] after.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};

use crate::request::{Common, header};

static X_ACS_ACTION: HeaderName = HeaderName::from_static("x-acs-action");
static X_ACS_VERSION: HeaderName = HeaderName::from_static("x-acs-version");
static X_ACS_BEARER_TOKEN: HeaderName = HeaderName::from_static("x-acs-bearer-token");
static X_ACS_DATE: HeaderName = HeaderName::from_static("x-acs-date");
static X_ACS_SIGNATURE_NONCE: HeaderName = HeaderName::from_static("x-acs-signature-nonce");
static X_ACS_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-acs-security-token");

/// How a request says who sends it, with what that form says it by.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SignatureForm<'a> {
    /// Parameters, signature included.
    V1(V1Credentials<'a>),
    /// Headers.
    V3(V3Credentials<'a>),
    /// A signature in `Authorization` that is not verified here, such as `ACS4-HMAC-SHA256`.
    OtherMethod,
    /// A bearer token or another kind of credential that no product here takes.
    Unsupported,
    /// Not at all.
    Anonymous {
        /// Whether it names an access key all the same.
        names_key: bool,
    },
}

/// What V1 says in parameters. What is absent is told by its name when it is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct V1Credentials<'a> {
    pub(crate) access_key_id: Option<&'a str>,
    pub(crate) timestamp: Option<&'a str>,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) method: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) security_token: Option<&'a str>,
    pub(crate) signature: &'a str,
}

/// What V3 says in headers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct V3Credentials<'a> {
    /// The value of `Authorization`.
    pub(crate) authorization: &'a str,
    pub(crate) date: Option<&'a str>,
    /// Some clients leave it out.
    pub(crate) nonce: Option<&'a str>,
    pub(crate) security_token: Option<&'a str>,
}

impl<'a> SignatureForm<'a> {
    /// What the headers alone say. A request that carries both signatures is taken as V3.
    pub(crate) fn in_headers(headers: &'a HeaderMap) -> Self {
        if begins(headers, b"ACS3-") {
            Self::V3(V3Credentials {
                authorization: header(headers, &AUTHORIZATION).unwrap_or_default(),
                date: header(headers, &X_ACS_DATE),
                nonce: header(headers, &X_ACS_SIGNATURE_NONCE)
                    .map(str::trim)
                    .filter(|nonce| !nonce.is_empty()),
                security_token: header(headers, &X_ACS_SECURITY_TOKEN).filter(|token| !token.is_empty()),
            })
        } else if begins(headers, b"ACS") {
            Self::OtherMethod
        } else if headers.contains_key(&X_ACS_BEARER_TOKEN) {
            Self::Unsupported
        } else {
            Self::Anonymous { names_key: false }
        }
    }

    /// The form when the parameters are known too: what the headers say comes first.
    pub(crate) fn or_in_parameters(self, common: &Common<'a>) -> Self {
        if !matches!(self, Self::Anonymous { .. }) {
            return self;
        }
        if common.bearer_token.is_some() || common.signature_type.is_some() {
            return Self::Unsupported;
        }
        let Some(signature) = common.signature else {
            return Self::Anonymous { names_key: common.access_key_id.is_some() };
        };
        Self::V1(V1Credentials {
            access_key_id: common.access_key_id,
            timestamp: common.timestamp,
            nonce: common.nonce,
            method: common.signature_method,
            version: common.signature_version,
            security_token: common.security_token,
            signature,
        })
    }

    /// Whether body and query are signed apart, and the body whatever its type.
    pub(crate) fn signs_bodies(&self) -> bool {
        matches!(self, Self::V3(_))
    }

    /// The action and the version that are asked for. What V1 signs are the parameters, so the headers of the same
    /// meaning that some clients add do not count: they are unsigned, and pop-core corrects only the parameter.
    pub(crate) fn asked(
        &self,
        headers: &'a HeaderMap,
        common: &Common<'a>,
    ) -> (Option<&'a str>, Option<&'a str>) {
        match self {
            Self::V1(_) => (common.action, common.version),
            Self::V3(_) | Self::OtherMethod | Self::Unsupported | Self::Anonymous { .. } => (
                header(headers, &X_ACS_ACTION).or(common.action),
                header(headers, &X_ACS_VERSION).or(common.version),
            ),
        }
    }
}

fn begins(headers: &HeaderMap, scheme: &[u8]) -> bool {
    headers.get(AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(scheme))
}
