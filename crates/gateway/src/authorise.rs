//! Whether a principal may do what it asks for.

use std::fmt::Write as _;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::failure::{AccessDeniedDetail, Denial};
use crate::identity::{Principal, PrincipalKind};
use crate::parameter::Parameters;
use crate::policy::{self, Context, Decision};
use crate::request_id::RequestId;

/// What is asked, and under which circumstances.
pub(crate) struct Ask<'a> {
    pub(crate) product: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) templates: &'static [&'static str],
    /// The parameters that the operation declares, sorted.
    pub(crate) declared: &'a [String],
    pub(crate) parameters: &'a Parameters<'a>,
    pub(crate) now: i64,
    pub(crate) secure: bool,
    pub(crate) source_ip: IpAddr,
    pub(crate) request_id: &'a RequestId,
}

/// Decides; a refusal comes with its detail.
pub(crate) fn authorise(
    principal: &Principal,
    ask: &Ask<'_>,
) -> Result<(), Box<(Denial, AccessDeniedDetail)>> {
    let PrincipalKind::User { id, name } = &principal.kind else { return Ok(()) };
    let account = &*principal.account;
    let action = format!("{}:{}", ask.product, ask.operation);
    let resources: Vec<String> =
        ask.templates.iter().map(|template| expand(template, account, ask)).collect();
    let principal_arn = format!("acs:ram::{account}:user/{name}");
    let context =
        Context { now: ask.now, secure: ask.secure, source_ip: ask.source_ip, principal_arn: &principal_arn };
    let policies = principal.policies.iter().map(|policy| &**policy);
    // A resource is matched against every pattern, so its length is a bound of time. No id is that long; what is
    // longer is allowed by nothing.
    let decision = if resources.iter().any(|resource| resource.len() > RESOURCE_BYTES) {
        Decision::ImplicitDeny
    } else {
        policy::decide(policies, &action, &resources, &context)
    };
    let explicit = match decision {
        Decision::Allowed => return Ok(()),
        Decision::ImplicitDeny => false,
        Decision::ExplicitDeny => true,
    };
    let detail = AccessDeniedDetail {
        policy_type: "AccountLevelIdentityBasedPolicy",
        no_permission_type: if explicit { "ExplicitDeny" } else { "ImplicitDeny" },
        auth_action: action.clone(),
        auth_principal_type: "SubUser",
        auth_principal_display_name: id.to_string(),
        auth_principal_owner_id: account.to_owned(),
        encoded_diagnostic_message: diagnostic(ask.request_id),
    };
    let mut resource = resources.into_iter().next().unwrap_or_default();
    resource.truncate(resource.floor_char_boundary(RESOURCE_BYTES));
    Err(Box::new((Denial { action, resource, explicit }, detail)))
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
pub(crate) fn resource(account: &str, ask: &Ask<'_>) -> String {
    ask.templates.first().map(|template| expand(template, account, ask)).unwrap_or_default()
}

/// Fills in a resource template. `*` stands for all resources of the product in the account. A
/// parameter that the request does not have becomes `*`: only a pattern for all such resources
/// matches it. So does one that the operation does not declare: it does not work on what a caller adds.
fn expand(template: &str, account: &str, ask: &Ask<'_>) -> String {
    if template == "*" {
        return format!("acs:{}:*:{account}:*", ask.product);
    }
    let declared = |name: &str| ask.declared.binary_search_by(|other| other.as_str().cmp(name)).is_ok();
    let value_of = |name: &str| declared(name).then(|| ask.parameters.text(name)).flatten();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_in_from_account_and_parameters() {
        let parameters = Parameters::of(&[("AppId", "app1"), ("DomainName", "mine")]);
        let request_id = RequestId::from_random([7; 16]);
        let ask = Ask {
            product: "live",
            operation: "List",
            templates: &[],
            declared: &["AppId".to_owned(), "GroupId".to_owned()],
            parameters: &parameters,
            now: 0,
            secure: false,
            source_ip: IpAddr::from([10, 0, 0, 1]),
            request_id: &request_id,
        };
        let filled = |template| expand(template, "42", &ask);
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
