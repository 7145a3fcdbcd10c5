//! Who did what: a line of the log, under the target `audit`, for each call of an operation that changes something,
//! however it ended.
//!
//! A call whose signature is not right was made by nobody who is known and changes nothing; the line of its request tells
//! of it. Parameters are not written, but for those that name the resource: they may be secrets.

use std::sync::Arc;

use crate::exchange::Exchange;
use crate::identity::{Identity, PrincipalKind};
use crate::observer::Outcome;

/// Characters of a resource's name that are written.
const RESOURCE_CHARACTERS: usize = 512;

/// What a call that changes something leaves for the audit line.
pub(crate) struct Trail {
    identity: Arc<Identity>,
    resource: String,
}

impl Trail {
    /// Who calls, and the resource that the call is about.
    pub(crate) fn new(identity: &Arc<Identity>, resource: &str) -> Self {
        let resource = resource.chars().take(RESOURCE_CHARACTERS).collect();
        Self { identity: Arc::clone(identity), resource }
    }

    /// Writes the line.
    pub(crate) fn tell(&self, exchange: &Exchange<'_>, outcome: &Outcome<'_>) {
        let principal = self.identity.principal();
        let role_session;
        let user = match &principal.kind {
            PrincipalKind::User { name, .. } => name,
            PrincipalKind::Root => "(root)",
            PrincipalKind::RoleSession { role, session, .. } => {
                role_session = format!("role/{role}/{session}");
                &role_session
            }
        };
        tracing::info!(
            target: "audit",
            request_id = %exchange.request_id,
            access_key = self.identity.credential(),
            account = &*principal.account,
            user,
            address = %exchange.origin.source_ip,
            operation = outcome.operation.unwrap_or_default(),
            resource = self.resource,
            outcome = outcome.code,
            status = outcome.status,
            "call"
        );
    }
}
