//! What callers are told when something is wrong. The only place where the domain's errors become wire codes.
//!
//! The documented messages are one free text followed by a full stop.

use muster_core::{error::Error, store::StoreError};
use muster_gateway::{Denial, DocumentedError, Failure, FaultKind, ParameterFault};

/// A parameter breaks its rule.
pub(crate) const INPUT_INVALID: DocumentedError =
    DocumentedError::new(400, "InputInvalid", "%s.", "A parameter is invalid.");
/// Not allowed, or the application is disabled.
pub(crate) const NO_AUTH: DocumentedError = DocumentedError::new(
    403,
    "NoAuth",
    "%s.",
    "The caller has no permission, or the application is disabled.",
);
/// The application or the group does not exist.
pub(crate) const RESOURCE_NOT_EXIST: DocumentedError =
    DocumentedError::new(404, "ResourceNotExist", "%s.", "The application, group or user does not exist.");
/// Something else.
pub(crate) const SERVER_ERROR: DocumentedError =
    DocumentedError::new(500, "ServerError", "%s.", "An unknown error; try again later.");
/// The application has as many groups as it may have.
pub(crate) const TOO_MANY_GROUPS: DocumentedError =
    DocumentedError::new(400, "ErrorTooManyGroups", "%s.", "The application has 5,000 existing groups.");
/// The group is a super group.
pub(crate) const SUPER_LARGE_GROUP: DocumentedError = DocumentedError::new(
    420,
    "SuperLargeGroup",
    "%s.",
    "The group has had more than 2,000 users; its user list cannot be read until all have left.",
);

/// The error table that most operations share.
pub(crate) const COMMON: &[DocumentedError] = &[INPUT_INVALID, NO_AUTH, RESOURCE_NOT_EXIST, SERVER_ERROR];

/// What a caller is told of a refusal or a fault of the domain.
pub(crate) fn failure(error: Error) -> Failure {
    let documented = match &error {
        Error::NoApp(_)
        | Error::NoGroup(_)
        | Error::GroupDeleted(_)
        | Error::NotMember(_)
        | Error::NobodyThere(_) => RESOURCE_NOT_EXIST,
        Error::AppDisabled(_) | Error::NotAllowed(_) => NO_AUTH,
        Error::SuperGroup { .. } => SUPER_LARGE_GROUP,
        Error::TooManyGroups(_) => TOO_MANY_GROUPS,
        Error::TooManyApps(_) | Error::TooManyMessageTypes(_) | Error::Invalid(_) => INPUT_INVALID,
        Error::Store(StoreError::Unavailable(_)) => return unavailable().because(error),
        Error::Store(StoreError::Unknown(_)) => return unknown_outcome().because(error),
        _ => return server_error().because(error),
    };
    Failure::error(documented.status, documented.code, sentence(&error.to_string()))
}

/// What a caller is told of a parameter that is missing or breaks its rule.
pub(crate) fn parameter_fault(fault: &ParameterFault) -> Failure {
    match fault.kind {
        FaultKind::Missing => missing(&fault.parameter),
        FaultKind::Invalid { .. } => invalid(fault),
    }
}

/// A parameter that must be there is not.
pub(crate) fn missing(parameter: &str) -> Failure {
    Failure::error(400, format!("Missing{parameter}"), format!("{parameter} is mandatory for this action."))
}

/// Input that breaks a rule, said as a sentence without its full stop.
pub(crate) fn invalid(rule: impl std::fmt::Display) -> Failure {
    Failure::error(INPUT_INVALID.status, INPUT_INVALID.code, format!("{rule}."))
}

/// What a caller is told of a refusal by policy.
pub(crate) fn denied(denial: &Denial) -> Failure {
    let message = format!("You are not authorized to do {} on {}.", denial.action, denial.resource);
    Failure::error(NO_AUTH.status, NO_AUTH.code, message)
}

/// The server cannot do it now.
pub(crate) fn unavailable() -> Failure {
    let message = "The request has failed due to a temporary failure of the server.";
    Failure::error(503, "ServiceUnavailable", message)
}

/// The server did not learn in time whether it was done. Of the same code as a failure, so that clients try again.
pub(crate) fn unknown_outcome() -> Failure {
    let message = "It is not known yet whether the request was carried out. Ask again.";
    Failure::error(503, "ServiceUnavailable", message)
}

fn server_error() -> Failure {
    let message = "The request has failed due to an unknown error.";
    Failure::error(SERVER_ERROR.status, SERVER_ERROR.code, message)
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use muster_core::id::{AppId, GroupId};

    use super::*;

    #[test]
    fn an_error_of_the_domain_is_told_as_a_sentence_under_its_documented_code() {
        let told = failure(Error::NoApp(AppId::new("a1").unwrap()));
        assert_eq!((told.status, &*told.code), (404, "ResourceNotExist"));
        assert_eq!(told.message, "The application a1 does not exist.");
        let told = failure(Error::SuperGroup { group: GroupId::new("g").unwrap(), threshold: 2000 });
        assert_eq!((told.status, &*told.code), (420, "SuperLargeGroup"));
    }

    #[test]
    fn what_went_wrong_inside_is_for_the_log_alone() {
        let told = failure(Error::Store(StoreError::Failed("disk /dev/x is full".into())));
        assert_eq!((told.status, &*told.code), (500, "ServerError"));
        assert!(!told.message.contains("disk") && told.cause.unwrap().contains("disk"));
        let told = failure(Error::Store(StoreError::Unavailable("busy".into())));
        assert_eq!((told.status, &*told.code), (503, "ServiceUnavailable"));
    }

    #[test]
    fn an_unknown_outcome_has_words_of_its_own_and_the_code_that_clients_retry() {
        let told = failure(Error::Store(StoreError::Unknown("the answer was lost".into())));
        assert_eq!((told.status, &*told.code), (503, "ServiceUnavailable"));
        assert_ne!(told.message, unavailable().message);
        assert!(told.message.contains("not known"));
    }
}
