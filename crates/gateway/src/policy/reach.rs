//! What a policy reaches: patterns that no operation can match are most likely mistyped.

use super::document::Policy;
use super::pattern::{Piece, overlap, pieces};

/// An operation as policies name it.
#[derive(Debug, Clone, Copy)]
pub struct PolicyTarget<'a> {
    /// The RAM code: `live`.
    pub code: &'a str,
    /// The operation's name.
    pub operation: &'a str,
    /// Its resource templates, as in [`Spec`](crate::Spec).
    pub templates: &'a [&'a str],
}

impl Policy {
    /// What in the policy no operation of an account can match: a sentence for each action and resource.
    pub fn unreachable(&self, account: &str, operations: &[PolicyTarget<'_>]) -> Vec<String> {
        let mut warnings = Vec::new();
        for (at, statement) in self.statements().iter().enumerate() {
            let number = at + 1;
            let acts = |pattern: &str, target: &PolicyTarget<'_>| {
                let action = format!("{}:{}", target.code, target.operation).to_ascii_lowercase();
                super::pattern_matches(pattern, &action, true)
            };
            let acted = |pattern: &str| operations.iter().any(|target| acts(pattern, target));
            // The resources of what the statement is about; of everything, when that is nothing.
            let meant = operations
                .iter()
                .filter(|target| statement.actions().iter().any(|action| acts(action, target)));
            let meant: Vec<&PolicyTarget<'_>> = meant.collect();
            let meant = if meant.is_empty() { operations.iter().collect() } else { meant };
            let resourced = |pattern: &str| {
                let pattern = pieces(pattern);
                meant
                    .iter()
                    .flat_map(|target| target.templates.iter().map(|text| (target.code, *text)))
                    .any(|(code, template)| overlap(&pattern, &expected(template, code, account)))
            };
            let actions = statement.actions().iter().filter(|action| !acted(action));
            warnings.extend(actions.map(|action| format!("statement {number}: no operation is {action}")));
            let resources = statement.resources().iter().filter(|resource| !resourced(resource));
            warnings.extend(
                resources
                    .map(|resource| format!("statement {number}: no operation has the resource {resource}")),
            );
        }
        warnings
    }
}

/// The resources that a template stands for.
fn expected(template: &str, code: &str, account: &str) -> Vec<Piece> {
    let whole = format!("acs:{code}:*:{account}:*");
    let mut all = Vec::new();
    let mut rest = if template == "*" { whole.as_str() } else { template };
    while let Some((before, after)) = rest.split_once("{#") {
        let (name, tail) = after.split_once('}').unwrap_or((after, ""));
        all.extend(before.chars().map(Piece::Letter));
        if name == "accountId" {
            all.extend(account.chars().map(Piece::Letter));
        } else if name.ends_with("Arn") {
            // A whole resource's name, separators and all.
            all.push(Piece::Run);
        } else {
            all.push(Piece::Id);
        }
        rest = tail;
    }
    all.extend(rest.chars().map(Piece::Letter));
    all
}
