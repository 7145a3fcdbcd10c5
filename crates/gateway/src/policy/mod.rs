//! The RAM policy language: documents, and what they decide.
//!
//! A document is `{"Version":"1","Statement":[…]}`. A statement has an `Effect`, an `Action` or a
//! `NotAction`, a `Resource` and optionally a `Condition`. A statement applies when its action, one
//! of its resources and all of its conditions match. Any applying `Deny` decides; else any applying
//! `Allow`; else access is implicitly denied.
//!
//! A document is read in two ways. [`Policy::parse`] takes what is stored, whatever version wrote it.
//! [`Policy::accept`] takes what is put: it refuses besides what a person cannot have meant, such as a
//! condition on a key that no request has, which makes a Deny that never denies.
//!
//! Where the documentation is silent: actions match without regard to case, resources with it; a
//! condition on a key that the request does not have is false for positive operators and true for
//! negated ones (`…Not…`), and a negated operator with several values is true when none matches.

mod condition;
mod document;
mod network;
mod pattern;
mod reach;
mod strict;
mod trust;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

pub use document::{MAX_DOCUMENT, Policy, PolicyError, StatementFault};
pub use pattern::matches as pattern_matches;
pub use reach::PolicyTarget;
pub use trust::TrustPolicy;

use document::Effect;

/// What a request looks like to conditions.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// `acs:CurrentTime`, milliseconds since 1970 UTC.
    pub now: i64,
    /// `acs:SecureTransport`.
    pub secure: bool,
    /// `acs:SourceIp`.
    pub source_ip: IpAddr,
    /// `acs:PrincipalARN`.
    pub principal_arn: &'a str,
    /// `sts:ExternalId`: what the caller names to become a role. Trust policies alone ask for it.
    pub external_id: Option<&'a str>,
}

/// What the policies of a principal say of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it and none denies it.
    Allowed,
    /// No statement applies.
    ImplicitDeny,
    /// A statement denies it.
    ExplicitDeny,
}

/// Decides a request for one action on a resource that may be named in several ways: allowing one
/// name allows the request, denying one denies it.
pub fn decide<'p>(
    policies: impl IntoIterator<Item = &'p Policy>,
    action: &str,
    resources: &[String],
    context: &Context<'_>,
) -> Decision {
    let mut decision = Decision::ImplicitDeny;
    for applying in applying(policies, action, resources, context) {
        if applying.denies {
            return Decision::ExplicitDeny;
        }
        decision = Decision::Allowed;
    }
    decision
}

/// A statement that applies to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applying<'p> {
    /// The policy that it stands in.
    pub policy: &'p str,
    /// Its place there, from 1.
    pub statement: usize,
    /// Whether it denies; else it allows.
    pub denies: bool,
}

/// The statements that [`decide`] goes by, in their order: any that denies decides, else any that allows.
pub fn applying<'p>(
    policies: impl IntoIterator<Item = &'p Policy>,
    action: &str,
    resources: &[String],
    context: &Context<'_>,
) -> impl Iterator<Item = Applying<'p>> {
    let statements = policies
        .into_iter()
        .flat_map(|policy| policy.statements().iter().enumerate().map(move |one| (policy, one)));
    statements.filter(move |(_, (_, statement))| statement.applies(action, resources, context)).map(
        |(policy, (at, statement))| Applying {
            policy: policy.name(),
            statement: at + 1,
            denies: statement.effect == Effect::Deny,
        },
    )
}
