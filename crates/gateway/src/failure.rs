//! How a request fails: what the caller is told, and what only the log is told.
//!
//! A [`Failure`] is the one form in which an operation, a product or the gateway itself refuses a
//! request. It is rendered in one place, in one of two shapes: the gateway's error body under an
//! HTTP error status, or an in-band envelope under HTTP 200 for products that report business
//! failures inside a successful answer.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// The shape in which a failure reaches the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureBody {
    /// `{"RequestId","HostId","Code","Message","Recommend"}` under the failure's HTTP status.
    Error,
    /// `{"RequestId","Code","Message","Success":false}` under HTTP 200.
    InBand,
}

/// A refused or failed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// HTTP status; 200 for [`FailureBody::InBand`].
    pub status: u16,
    /// The code programs branch on, for example `ResourceNotExist`.
    pub code: Cow<'static, str>,
    /// The text the caller sees. It names no internals.
    pub message: String,
    /// Which body carries it.
    pub body: FailureBody,
    /// Milliseconds after which a retry can succeed; becomes the header `x-acs-retry-after`.
    pub retry_after_ms: Option<u64>,
    /// What went wrong inside, for the log alone.
    pub cause: Option<String>,
    pub(crate) denied: Option<Box<AccessDeniedDetail>>,
}

impl Failure {
    /// A failure told by HTTP status and the gateway's error body.
    pub fn error(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            body: FailureBody::Error,
            retry_after_ms: None,
            cause: None,
            denied: None,
        }
    }

    /// A business failure told inside an HTTP 200 answer.
    pub fn in_band(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { body: FailureBody::InBand, ..Self::error(200, code, message) }
    }

    /// A mandatory parameter is absent: the code and text that the gateway's own parameters have.
    pub fn missing(parameter: &str) -> Self {
        let message = format!("{parameter} is mandatory for this action.");
        Self::error(400, format!("Missing{parameter}"), message)
    }

    /// Adds what the log is told and the caller is not.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Says when a retry can succeed, in milliseconds (at least 1).
    #[must_use]
    pub fn retry_after(mut self, milliseconds: u64) -> Self {
        self.retry_after_ms = Some(milliseconds.max(1));
        self
    }

    /// Tells the caller which policy refuses, and whom. For a refusal by RAM.
    #[must_use]
    pub fn with_denial(mut self, detail: AccessDeniedDetail) -> Self {
        self.denied = Some(Box::new(detail));
        self
    }
}

/// What is wrong with one parameter. The product words it for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterFault {
    /// The parameter's wire name; a member of a nested value has its path (`Page.Size`, `List.2`).
    pub parameter: String,
    /// What is wrong with it.
    pub kind: FaultKind,
}

impl ParameterFault {
    /// The name of the whole parameter, without the path of a nested member.
    pub fn root(&self) -> &str {
        self.parameter.split('.').next().unwrap_or(&self.parameter)
    }
}

/// The kinds of [`ParameterFault`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The parameter is mandatory and absent (or empty, which is the same).
    Missing,
    /// The value breaks its rule.
    Invalid {
        /// What the value must be, as a noun phrase: `an integer from 1 to 50`.
        rule: String,
        /// The value as given, cut after 100 characters.
        given: String,
    },
}

impl fmt::Display for ParameterFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FaultKind::Missing => write!(f, "{} is mandatory for this action", self.parameter),
            FaultKind::Invalid { rule, given } => {
                write!(f, "{} must be {rule}, but is '{given}'", self.parameter)
            }
        }
    }
}

impl std::error::Error for ParameterFault {}

/// A refusal by policy. The product words it; the gateway adds `AccessDeniedDetail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The action asked for, for example `live:ListLiveMessageGroupUsers`.
    pub action: String,
    /// The resource asked for.
    pub resource: String,
    /// True when a statement denies it, false when none allows it.
    pub explicit: bool,
}

/// Why access was denied, in the form of the documented `AccessDeniedDetail` object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccessDeniedDetail {
    /// Which kind of policy decided.
    pub policy_type: &'static str,
    /// `ImplicitDeny` or `ExplicitDeny`.
    pub no_permission_type: &'static str,
    /// The action asked for.
    pub auth_action: String,
    /// `SubUser` for a RAM user.
    pub auth_principal_type: &'static str,
    /// The id of the RAM user.
    pub auth_principal_display_name: String,
    /// The account that owns the user.
    pub auth_principal_owner_id: String,
    /// An opaque text that begins with `AQ`; the server's log names the same request.
    pub encoded_diagnostic_message: String,
}
