//! Whether a principal may do what it asks for.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::exchange::ProvenCall;
use crate::failure::{AccessDeniedDetail, Denial};
use crate::identity::{Principal, PrincipalKind};
use crate::operation::Call;
use crate::parameter::Parameters;
use crate::policy::{self, Context, Decision, Policy};
use crate::request_id::RequestId;

/// Decides; a refusal comes with its detail. What an identity may do at most is asked first, then what its principal may.
pub(crate) fn authorise(call: &ProvenCall<'_>) -> Result<(), Box<(Denial, AccessDeniedDetail)>> {
    let principal = call.identity.principal();
    let session_policy = call.identity.temporary().and_then(|temporary| temporary.session_policy.as_deref());
    let is_root = principal.kind == PrincipalKind::Root;
    if call.route.entry.spec.open || is_root && session_policy.is_none() {
        return Ok(());
    }
    let asked = Asked::of(call);
    if let Some(policy) = session_policy {
        asked.decide([policy]).map_err(|kind| asked.refused("SessionPolicy", kind))?;
    }
    if is_root {
        return Ok(());
    }
    let policies = principal.policies.iter().map(|policy| &**policy);
    asked.decide(policies).map_err(|kind| asked.refused("AccountLevelIdentityBasedPolicy", kind))
}

/// A call as policies see it.
struct Asked<'a> {
    action: String,
    resources: Vec<String>,
    principal_arn: String,
    call: &'a ProvenCall<'a>,
}

/// How a call is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Denied {
    /// No statement allows it.
    Implicitly,
    /// A statement denies it.
    Explicitly,
}

impl<'a> Asked<'a> {
    fn of(call: &'a ProvenCall<'a>) -> Self {
        let spec = &call.route.entry.spec;
        let resources = Resources::of(call);
        Self {
            action: format!("{}:{}", call.route.product.code, spec.name),
            resources: spec.resources.iter().map(|template| resources.expand(template)).collect(),
            principal_arn: call.identity.principal().arn(),
            call,
        }
    }

    fn decide<'p>(&self, policies: impl IntoIterator<Item = &'p Policy>) -> Result<(), Denied> {
        // A resource is matched against every pattern, so its length is a bound of time. No id is that long; what is
        // longer is allowed by nothing.
        if self.resources.iter().any(|resource| resource.len() > RESOURCE_BYTES) {
            return Err(Denied::Implicitly);
        }
        let exchange = self.call.exchange;
        let context = Context {
            now: exchange.now,
            secure: exchange.origin.secure,
            source_ip: exchange.origin.source_ip,
            principal_arn: &self.principal_arn,
            external_id: None,
        };
        match policy::decide(policies, &self.action, &self.resources, &context) {
            Decision::Allowed => Ok(()),
            Decision::ImplicitDeny => Err(Denied::Implicitly),
            Decision::ExplicitDeny => Err(Denied::Explicitly),
        }
    }

    fn refused(&self, policy_type: &'static str, denied: Denied) -> Box<(Denial, AccessDeniedDetail)> {
        let explicit = denied == Denied::Explicitly;
        let principal = self.call.identity.principal();
        let request_id = &self.call.exchange.request_id;
        let detail = denial_detail(principal, request_id, policy_type, &self.action, explicit);
        let mut resource = self.resources.first().cloned().unwrap_or_default();
        resource.truncate(resource.floor_char_boundary(RESOURCE_BYTES));
        Box::new((Denial { action: self.action.clone(), resource, explicit }, detail))
    }
}

fn denial_detail(
    principal: &Principal,
    request_id: &RequestId,
    policy_type: &'static str,
    action: &str,
    explicit: bool,
) -> AccessDeniedDetail {
    let (principal_type, display_name) = match &principal.kind {
        PrincipalKind::Root => ("Root", principal.account.to_string()),
        PrincipalKind::User { id, .. } => ("SubUser", id.to_string()),
        PrincipalKind::RoleSession { role, session, .. } => ("AssumedRoleUser", format!("{role}:{session}")),
    };
    AccessDeniedDetail {
        policy_type,
        no_permission_type: if explicit { "ExplicitDeny" } else { "ImplicitDeny" },
        auth_action: action.to_owned(),
        auth_principal_type: principal_type,
        auth_principal_display_name: display_name,
        auth_principal_owner_id: principal.account.to_string(),
        encoded_diagnostic_message: diagnostic(request_id),
    }
}

impl<S> Call<'_, S> {
    /// What the caller is told of a policy that an operation itself has looked at, and that does not allow `action`:
    /// `policy_type` is which, `AssumeRolePolicy` for example, and `explicit` whether a statement denies it.
    pub fn denied_by(&self, policy_type: &'static str, action: &str, explicit: bool) -> AccessDeniedDetail {
        denial_detail(self.principal, self.request_id, policy_type, action, explicit)
    }
}

/// The longest resource that is looked for in policies, in bytes. Ids have at most 64.
const RESOURCE_BYTES: usize = 512;

/// Two bytes of version, which make the text begin with `AQ`, and the request's id: enough to find
/// the decision in the log, and nothing of the policies.
fn diagnostic(request_id: &RequestId) -> String {
    let mut message = vec![1, 0];
    message.extend_from_slice(request_id.as_str().as_bytes());
    STANDARD.encode(message)
}

/// The resource that a call is about, as its page documents it.
pub(crate) fn resource(call: &ProvenCall<'_>) -> String {
    let templates = call.route.entry.spec.resources;
    templates.first().map(|template| Resources::of(call).expand(template)).unwrap_or_default()
}

/// What resource templates are filled in from.
struct Resources<'a> {
    product: &'static str,
    account: &'a str,
    /// The parameters that the operation declares, sorted.
    declared: &'a [String],
    parameters: &'a Parameters<'a>,
}

impl<'a> Resources<'a> {
    fn of(call: &ProvenCall<'a>) -> Self {
        Self {
            product: call.route.product.code,
            account: call.account(),
            declared: &call.route.entry.declared,
            parameters: call.parameters,
        }
    }

    /// Fills in a resource template. `*` stands for all resources of the product in the account. A
    /// parameter that the request does not have becomes `*`: only a pattern for all such resources
    /// matches it. So does one that the operation does not declare: it does not work on what a caller adds.
    fn expand(&self, template: &str) -> String {
        let account = self.account;
        if template == "*" {
            return format!("acs:{}:*:{account}:*", self.product);
        }
        let declared = |name: &str| self.declared.binary_search_by(|other| other.as_str().cmp(name)).is_ok();
        let value_of = |name: &str| declared(name).then(|| self.parameters.text(name)).flatten();
        let mut resource = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{#") {
            let Some((name, tail)) = after.split_once('}') else { break };
            let value = if name == "accountId" { account } else { value_of(name).unwrap_or("*") };
            let _ = write!(resource, "{before}{value}");
            rest = tail;
        }
        resource.push_str(rest);
        resource
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_in_from_account_and_parameters() {
        let parameters = Parameters::of(&[("AppId", "app1"), ("DomainName", "mine")]);
        let resources = Resources {
            product: "live",
            account: "42",
            declared: &["AppId".to_owned(), "GroupId".to_owned()],
            parameters: &parameters,
        };
        let filled = |template| resources.expand(template);
        assert_eq!(filled("acs:live::{#accountId}:rtc/{#AppId}"), "acs:live::42:rtc/app1");
        assert_eq!(filled("acs:live::{#accountId}:group/{#GroupId}"), "acs:live::42:group/*");
        assert_eq!(filled("acs:live:*:{#accountId}:domain/{#DomainName}"), "acs:live:*:42:domain/*");
        assert_eq!(filled("*"), "acs:live:*:42:*");
    }

    #[test]
    fn a_diagnostic_message_begins_as_documented() {
        assert!(diagnostic(&RequestId::from_random([7; 16])).starts_with("AQ"));
    }
}
