//! What callers are told when something is wrong. The only place where the domain's errors become wire codes.
//!
//! The documented messages are one free text followed by a full stop.

use muster_core::{error::Error as Refusal, store::StoreError};
use muster_gateway::{Denial, DocumentedError, Failure, FaultKind, ParameterFault};

/// The codes of this product. That of a missing parameter is the gateway's, whose form all products share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// A parameter breaks its rule.
    InputInvalid,
    /// The application has as many groups as it may have.
    ErrorTooManyGroups,
    /// Not allowed, or the application is disabled.
    NoAuth,
    /// Printed for one operation in the place of `NoAuth`, and never answered.
    Forbidden,
    /// The application, the group or the user does not exist.
    ResourceNotExist,
    /// The group is a super group.
    SuperLargeGroup,
    /// Something else.
    ServerError,
    /// The server cannot do it now. It is printed for no operation.
    ServiceUnavailable,
}

impl Code {
    /// The code as it is documented: its status, its text, its message, and when it is answered.
    pub(crate) const fn documented(self) -> DocumentedError {
        let (status, code, message, when, when_zh) = match self {
            Self::InputInvalid => (400, "InputInvalid", "%s.", "A parameter is invalid.", "参数无效。"),
            Self::ErrorTooManyGroups => (
                400,
                "ErrorTooManyGroups",
                "%s.",
                "The application has 5,000 existing groups.",
                "应用现有的群组已达 5,000 个。",
            ),
            Self::NoAuth => (
                403,
                "NoAuth",
                "%s.",
                "The caller has no permission, or the application is disabled.",
                "调用者没有权限，或应用已停用。",
            ),
            Self::Forbidden => (
                403,
                "Forbidden",
                "User not authorized to operate on the specified resource.",
                "Printed for this operation alone; NoAuth is answered in its place, as by all others.",
                "仅此接口的文档列出；实际与其他接口一样返回 NoAuth。",
            ),
            Self::ResourceNotExist => (
                404,
                "ResourceNotExist",
                "%s.",
                "The application, group or user does not exist.",
                "应用、群组或用户不存在。",
            ),
            Self::SuperLargeGroup => (
                420,
                "SuperLargeGroup",
                "%s.",
                "The group has had more than 2,000 users; its user list cannot be read until all have left.",
                "群组人数曾超过 2,000，在所有人离开之前无法读取其用户列表。",
            ),
            Self::ServerError => {
                (500, "ServerError", "%s.", "An unknown error; try again later.", "未知错误，请稍后重试。")
            }
            Self::ServiceUnavailable => {
                (503, "ServiceUnavailable", "%s.", "A temporary failure of the server.", "服务器暂时故障。")
            }
        };
        DocumentedError::new(status, code, message, when, when_zh)
    }

    fn says(self, message: impl Into<String>) -> Failure {
        let DocumentedError { status, code, .. } = self.documented();
        Failure::error(status, code, message)
    }
}

/// The error table of an operation that answers with these.
pub(crate) const fn documented<const N: usize>(codes: [Code; N]) -> [DocumentedError; N] {
    let mut table = [Code::ServerError.documented(); N];
    let mut at = 0;
    while at < N {
        table[at] = codes[at].documented();
        at += 1;
    }
    table
}

/// The error table that most operations share.
pub(crate) const COMMON: &[DocumentedError] =
    &documented([Code::InputInvalid, Code::NoAuth, Code::ResourceNotExist, Code::ServerError]);

/// Why an operation of this product fails.
#[derive(Debug)]
pub enum Error {
    /// The domain refused, or could not.
    Domain(Refusal),
    /// A parameter that must be there is not.
    Missing(&'static str),
    /// Input breaks a rule, said as a sentence without its full stop.
    Input(String),
}

/// What the operations of this product answer.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Domain(refusal)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Domain(refusal) => failure(&refusal),
            Error::Missing(parameter) => Self::missing(parameter),
            Error::Input(rule) => Code::InputInvalid.says(format!("{rule}.")),
        }
    }
}

/// What a caller is told of a refusal or a fault of the domain.
fn failure(refusal: &Refusal) -> Failure {
    let code = match refusal {
        Refusal::NoApp(_)
        | Refusal::NoGroup(_)
        | Refusal::GroupDeleted(_)
        | Refusal::NotMember(_)
        | Refusal::NobodyThere(_)
        | Refusal::NotOnline(_)
        | Refusal::NotAcknowledged(_) => Code::ResourceNotExist,
        Refusal::AppDisabled(_) | Refusal::NotAllowed(_) => Code::NoAuth,
        Refusal::SuperGroup { .. } => Code::SuperLargeGroup,
        Refusal::TooManyGroups(_) => Code::ErrorTooManyGroups,
        Refusal::TooManyApps(_)
        | Refusal::TooManyMessageTypes(_)
        | Refusal::TooManyMutes(_)
        | Refusal::Refused
        | Refusal::Invalid(_) => Code::InputInvalid,
        Refusal::TooManyAwaited(_) | Refusal::Store(StoreError::Unavailable(_)) => return unavailable().because(refusal),
        Refusal::Store(StoreError::Unknown(_)) => return unknown_outcome().because(refusal),
        Refusal::Store(StoreError::Failed(_))
        | Refusal::Sealed(_)
        // What only members, customer groups and the command line can meet.
        | Refusal::TooManyMemberTypes(_)
        | Refusal::Muted(_)
        | Refusal::TooManyWords(_)
        | Refusal::NoChannel(_)
        | Refusal::ChannelOccupied(_)
        | Refusal::TooManyChannels(_)
        | Refusal::NoNumber(_)
        | Refusal::NumberTaken(_)
        | Refusal::NoMessage(_)
        | Refusal::InGroupsAlone
        | Refusal::MessageTooLong(_)
        | Refusal::TooManyMessages(_)
        | Refusal::NoInvite
        | Refusal::InviteRevoked
        | Refusal::GroupInactive(_)
        | Refusal::GroupFull(_)
        | Refusal::Removed(_)
        | Refusal::Channel(_)
        | Refusal::Exists(_)
        | Refusal::Missing(_) => return server_error().because(refusal),
    };
    code.says(refusal.sentence())
}

/// What a caller is told of a parameter that is missing or breaks its rule.
pub(crate) fn parameter_fault(fault: &ParameterFault) -> Failure {
    match fault.kind {
        FaultKind::Missing => Failure::missing(&fault.parameter),
        FaultKind::Invalid { .. } => Code::InputInvalid.says(format!("{fault}.")),
    }
}

/// What a caller is told of a refusal by policy.
pub(crate) fn denied(denial: &Denial) -> Failure {
    Code::NoAuth.says(format!("You are not authorized to do {} on {}.", denial.action, denial.resource))
}

/// The server cannot do it now.
pub(crate) fn unavailable() -> Failure {
    Code::ServiceUnavailable.says("The request has failed due to a temporary failure of the server.")
}

/// The server did not learn in time whether it was done. Of the same code as a failure, so that clients try again.
pub(crate) fn unknown_outcome() -> Failure {
    Code::ServiceUnavailable.says("It is not known yet whether the request was carried out. Ask again.")
}

fn server_error() -> Failure {
    Code::ServerError.says("The request has failed due to an unknown error.")
}

#[cfg(test)]
mod tests {
    use muster_core::id::{AppId, GroupId};

    use super::*;

    #[test]
    fn an_error_of_the_domain_is_told_as_a_sentence_under_its_documented_code() {
        let told = failure(&Refusal::NoApp(AppId::new("a1").unwrap()));
        assert_eq!((told.status, &*told.code), (404, "ResourceNotExist"));
        assert_eq!(told.message, "The application a1 does not exist.");
        let told = failure(&Refusal::SuperGroup { group: GroupId::new("g").unwrap(), threshold: 2000 });
        assert_eq!((told.status, &*told.code), (420, "SuperLargeGroup"));
    }

    #[test]
    fn what_went_wrong_inside_is_for_the_log_alone() {
        let told = failure(&Refusal::Store(StoreError::Failed("disk /dev/x is full".into())));
        assert_eq!((told.status, &*told.code), (500, "ServerError"));
        assert!(!told.message.contains("disk") && told.cause.unwrap().contains("disk"));
        let told = failure(&Refusal::Store(StoreError::Unavailable("busy".into())));
        assert_eq!((told.status, &*told.code), (503, "ServiceUnavailable"));
    }

    #[test]
    fn an_unknown_outcome_has_words_of_its_own_and_the_code_that_clients_retry() {
        let told = failure(&Refusal::Store(StoreError::Unknown("the answer was lost".into())));
        assert_eq!((told.status, &*told.code), (503, "ServiceUnavailable"));
        assert_ne!(told.message, unavailable().message);
        assert!(told.message.contains("not known"));
    }
}
