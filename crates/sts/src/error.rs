//! What callers are told when something is wrong. The only place where the domain's errors become wire codes.

use muster_core::{error::Error as Refusal, store::StoreError};
use muster_gateway::{AccessDeniedDetail, DocumentedError, Failure, FaultKind, ParameterFault};

/// The codes of this product. That of a missing parameter is the gateway's, whose form all products share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    /// The role's name is none.
    RoleArn,
    /// The session's name is none.
    RoleSessionName,
    /// What the caller names to become the role is wrongly formed.
    ExternalId,
    /// The session would be shorter or longer than it may be.
    DurationSeconds,
    /// The session policy is none.
    PolicyGrammar,
    /// The session policy is too long.
    PolicySize,
    /// There is no such role.
    NoRole,
    /// The caller may not.
    NoPermission,
    /// Something else.
    InternalError,
    /// The server cannot do it now. It is printed for no operation.
    ServiceUnavailable,
}

impl Code {
    /// The code as it is documented: its status, its text, its message, and when it is answered.
    const fn documented(self) -> DocumentedError {
        let (status, code, message, when, when_zh) = match self {
            Self::RoleArn => (
                400,
                "InvalidParameter.RoleArn",
                "The parameter RoleArn is wrongly formed: %s.",
                "The name of the role is wrongly formed.",
                "角色名称格式有误。",
            ),
            Self::RoleSessionName => (
                400,
                "InvalidParameter.RoleSessionName",
                "The parameter RoleSessionName is wrongly formed: %s.",
                "The session's name is wrongly formed.",
                "会话名称格式有误。",
            ),
            Self::ExternalId => (
                400,
                "InvalidParameter.ExternalId",
                "The parameter ExternalId is wrongly formed: %s.",
                "What the caller names to become the role is wrongly formed.",
                "扮演角色时提供的 ExternalId 格式有误。",
            ),
            Self::DurationSeconds => (
                400,
                "InvalidParameter.DurationSeconds",
                "%s.",
                "The session would be shorter than 15 minutes, or longer than the role allows.",
                "会话时长短于 15 分钟，或超过角色允许的时长。",
            ),
            Self::PolicyGrammar => (
                400,
                "InvalidParameter.PolicyGrammar",
                "The parameter Policy has not passed grammar check: %s.",
                "The session policy is no policy.",
                "会话策略不是有效的策略。",
            ),
            Self::PolicySize => (
                400,
                "InvalidParameter.PolicySize",
                "%s.",
                "The session policy has more than 2,048 bytes.",
                "会话策略超过 2,048 字节。",
            ),
            Self::NoRole => (
                404,
                "EntityNotExist.Role",
                "The specified Role not exists.",
                "There is no such role.",
                "没有此角色。",
            ),
            Self::NoPermission => (
                403,
                "NoPermission",
                "You are not authorized to do this action. You should be authorized by RAM.",
                "The caller has no permission, or the role does not trust it.",
                "调用者没有权限，或角色不信任该调用者。",
            ),
            Self::InternalError => (
                500,
                "InternalError",
                "STS Server Internal Error happened.",
                "An unknown error; try again later.",
                "未知错误，请稍后重试。",
            ),
            Self::ServiceUnavailable => (
                503,
                "ServiceUnavailable",
                "The request has failed due to a temporary failure of the server.",
                "A temporary failure of the server.",
                "服务器暂时故障。",
            ),
        };
        DocumentedError::new(status, code, message, when, when_zh)
    }

    fn says(self, message: impl Into<String>) -> Failure {
        let DocumentedError { status, code, .. } = self.documented();
        Failure::error(status, code, message)
    }

    /// Says what is documented, of a fault.
    fn says_of(self, fault: &str) -> Failure {
        self.says(self.documented().message.replace("%s", fault))
    }

    /// Says what is always the same.
    fn says_so(self) -> Failure {
        self.says(self.documented().message)
    }
}

/// The errors of `AssumeRole`.
pub(crate) const ASSUME_ROLE: &[DocumentedError] = &[
    Code::RoleArn.documented(),
    Code::RoleSessionName.documented(),
    Code::ExternalId.documented(),
    Code::DurationSeconds.documented(),
    Code::PolicyGrammar.documented(),
    Code::PolicySize.documented(),
    Code::NoPermission.documented(),
    Code::NoRole.documented(),
    Code::InternalError.documented(),
];

/// The errors of `GetCallerIdentity`.
pub(crate) const GET_CALLER_IDENTITY: &[DocumentedError] = &[Code::InternalError.documented()];

/// Why an operation of this product fails.
#[derive(Debug)]
pub enum Error {
    /// There is no such role.
    NoRole,
    /// The account itself becomes no role.
    Root,
    /// The role does not trust the caller.
    NotTrusted(Box<AccessDeniedDetail>),
    /// The role allows sessions of so many seconds at most.
    TooLong(i64),
    /// The session policy is none, for a reason.
    Policy(String),
    /// The domain could not.
    Domain(Refusal),
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
            Error::NoRole => Code::NoRole.says_so(),
            Error::Root => Code::NoPermission.says("Roles may not be assumed by root accounts."),
            Error::NotTrusted(detail) => no_permission().with_denial(*detail),
            Error::TooLong(most) => Code::DurationSeconds
                .says(format!("DurationSeconds must be at most {most}, which is the longest of the role.")),
            Error::Policy(fault) => Code::PolicyGrammar.says_of(&fault),
            Error::Domain(Refusal::Store(error @ (StoreError::Unavailable(_) | StoreError::Unknown(_)))) => {
                unavailable().because(error)
            }
            Error::Domain(refusal) => Code::InternalError.says_so().because(refusal),
        }
    }
}

/// What a caller is told of a parameter that is missing, or breaks its rule.
pub(crate) fn parameter_fault(fault: &ParameterFault) -> Failure {
    if fault.kind == FaultKind::Missing {
        return Failure::missing(&fault.parameter);
    }
    let code = match fault.root() {
        "RoleArn" => Code::RoleArn,
        "RoleSessionName" => Code::RoleSessionName,
        "ExternalId" => Code::ExternalId,
        "DurationSeconds" => Code::DurationSeconds,
        "Policy" => Code::PolicySize,
        other => return Failure::error(400, format!("InvalidParameter.{other}"), format!("{fault}.")),
    };
    code.says_of(&fault.to_string())
}

/// What a caller is told of a refusal by policy.
pub(crate) fn no_permission() -> Failure {
    Code::NoPermission.says_so()
}

/// The server cannot do it now.
pub(crate) fn unavailable() -> Failure {
    Code::ServiceUnavailable.says_so()
}
