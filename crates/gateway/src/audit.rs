//! Who did what: a line of the log, under the target `audit`, for each call of an operation that changes something,
//! however it ended.
//!
//! A call whose signature is not right was made by nobody who is known and changes nothing; the line of its request tells
//! of it. Parameters are not written, but for those that name the resource: they may be secrets.

use std::net::IpAddr;
use std::sync::Arc;

use crate::identity::{AccessKey, PrincipalKind};
use crate::observer::Outcome;
use crate::request_id::RequestId;

/// Characters of a resource's name that are written.
const RESOURCE_CHARACTERS: usize = 512;

/// What a call leaves for the audit line, as it becomes known.
#[derive(Default)]
pub(crate) struct Trail(Option<(Arc<AccessKey>, String)>);

impl Trail {
    /// The call is one that changes something, signed with this key.
    pub(crate) fn signed(&mut self, key: &Arc<AccessKey>, resource: &str) {
        let resource = resource.chars().take(RESOURCE_CHARACTERS).collect();
        self.0 = Some((Arc::clone(key), resource));
    }

    /// Writes the line, if the call is one that changes something.
    pub(crate) fn tell(&self, request_id: &RequestId, address: IpAddr, outcome: &Outcome<'_>) {
        let Some((key, resource)) = &self.0 else { return };
        let principal = key.principal();
        let user = match &principal.kind {
            PrincipalKind::User { name, .. } => name,
            PrincipalKind::Root => "(root)",
        };
        tracing::info!(
            target: "audit",
            %request_id,
            access_key = key.id(),
            account = &*principal.account,
            user,
            %address,
            operation = outcome.operation.unwrap_or_default(),
            resource,
            outcome = outcome.code,
            status = outcome.status,
            "call"
        );
    }
}
