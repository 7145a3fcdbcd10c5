//! What callers are told when something is wrong. The only place where the domain's errors become wire codes.
//!
//! The published list of codes knows no chat groups. What it has is used (`PageInvalid`, `PhoneNumberError`,
//! `ChannelTypeNotSupport`); the rest is named in its manner.

use muster_core::{error::Error, store::StoreError};
use muster_gateway::{Denial, DocumentedError, Failure, FaultKind, ParameterFault};

/// The channel does not exist for this caller.
const NO_CHANNEL: &str = "InvalidParameter.CustSpaceIdNotExist";
/// The number is none, or is not bound to the channel.
const NO_NUMBER: &str = "InvalidParameter.PhoneNumberError";
/// The group does not exist for this caller.
const NO_GROUP: &str = "InvalidParameter.GroupNotExist";
/// The group does not stand where the operation needs it.
const GROUP_STATUS: &str = "InvalidParameter.GroupStatusNotSupport";
/// Only WhatsApp groups are known.
const CHANNEL_TYPE: &str = "InvalidParameter.ChannelTypeNotSupport";

const fn in_band(code: &'static str, when: &'static str) -> DocumentedError {
    DocumentedError::new(200, code, "%s.", when)
}

/// The errors that every operation can answer with.
pub(crate) const COMMON: &[DocumentedError] = &[
    in_band(NO_CHANNEL, "The channel does not exist."),
    in_band(NO_NUMBER, "The business number is malformed or not bound to the channel."),
    in_band(CHANNEL_TYPE, "The channel type is not WHATSAPP."),
    NO_PERMISSION,
];

/// The errors of operations that name a group.
pub(crate) const OF_GROUP: &[DocumentedError] = &[
    in_band(NO_CHANNEL, "The channel does not exist."),
    in_band(NO_NUMBER, "The business number is malformed or not bound to the channel."),
    in_band(CHANNEL_TYPE, "The channel type is not WHATSAPP."),
    in_band(NO_GROUP, "The group does not exist."),
    in_band(GROUP_STATUS, "The group is not active."),
    in_band("InvalidParameter.PageInvalid", "The page is malformed or out of range."),
    NO_PERMISSION,
];

const NO_PERMISSION: DocumentedError = DocumentedError::new(
    403,
    "NoPermission",
    "You are not authorized to do this action.",
    "The caller has no permission.",
);

/// What a caller is told of a refusal or a fault of the domain.
pub(crate) fn failure(error: Error) -> Failure {
    let code = match &error {
        Error::NoChannel(_) => NO_CHANNEL,
        Error::NoNumber(_) => NO_NUMBER,
        Error::NoGroup(_) | Error::GroupDeleted(_) => NO_GROUP,
        Error::GroupInactive(_) => GROUP_STATUS,
        Error::Store(StoreError::Unavailable(_)) => return unavailable().because(error),
        Error::Store(StoreError::Unknown(_)) => return unknown_outcome().because(error),
        _ => return internal().because(error),
    };
    Failure::in_band(code, sentence(&error.to_string()))
}

/// What a caller is told of a parameter that is missing, or breaks its rule. A missing member of a parameter makes the
/// parameter invalid.
pub(crate) fn parameter_fault(fault: &ParameterFault) -> Failure {
    let name = fault.root();
    if fault.kind == FaultKind::Missing && name == fault.parameter {
        return Failure::error(400, format!("Missing{name}"), format!("{fault}."));
    }
    match name {
        "CustSpaceId" => Failure::in_band(NO_CHANNEL, format!("{fault}.")),
        "BusinessNumber" => Failure::in_band(NO_NUMBER, format!("{fault}.")),
        "GroupId" => Failure::in_band(NO_GROUP, format!("{fault}.")),
        "ChannelType" => Failure::in_band(CHANNEL_TYPE, format!("{fault}.")),
        "GroupStatus" => Failure::in_band(GROUP_STATUS, format!("{fault}.")),
        _ => invalid(name, fault),
    }
}

/// A parameter breaks a rule, said as a sentence without its full stop.
pub(crate) fn invalid(parameter: &str, rule: impl std::fmt::Display) -> Failure {
    Failure::in_band(format!("InvalidParameter.{parameter}Invalid"), format!("{rule}."))
}

/// What a caller is told of a refusal by policy.
pub(crate) fn denied(_: &Denial) -> Failure {
    Failure::error(NO_PERMISSION.status, NO_PERMISSION.code, NO_PERMISSION.message)
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

fn internal() -> Failure {
    let message = "The request processing has failed due to some unknown error, exception or failure.";
    Failure::error(500, "InternalError", message)
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use muster_gateway::FailureBody;

    use super::*;

    fn told(parameter: &str, kind: FaultKind) -> (u16, FailureBody, String) {
        let told = parameter_fault(&ParameterFault { parameter: parameter.to_owned(), kind });
        (told.status, told.body, told.code.into_owned())
    }

    #[test]
    fn a_missing_parameter_is_the_gateways_to_refuse_and_a_missing_member_is_not() {
        let missing = (400, FailureBody::Error, "MissingPage".to_owned());
        assert_eq!(told("Page", FaultKind::Missing), missing);
        let invalid = (200, FailureBody::InBand, "InvalidParameter.PageInvalid".to_owned());
        assert_eq!(told("Page.Size", FaultKind::Missing), invalid);
    }

    #[test]
    fn a_broken_rule_is_told_in_band_under_the_code_of_its_parameter() {
        for (parameter, code) in [
            ("Page.Index", "InvalidParameter.PageInvalid"),
            ("ChannelType", "InvalidParameter.ChannelTypeNotSupport"),
            ("BusinessNumber", "InvalidParameter.PhoneNumberError"),
            ("Subject", "InvalidParameter.SubjectInvalid"),
        ] {
            let kind = FaultKind::Invalid { rule: "another".into(), given: "x".into() };
            assert_eq!(told(parameter, kind), (200, FailureBody::InBand, code.to_owned()));
        }
    }
}
