//! What callers are told when something is wrong. The only place where the domain's errors become wire codes.
//!
//! The published list of codes knows no chat groups. What it has is used (`PageInvalid`, `PhoneNumberError`,
//! `ChannelTypeNotSupport`); the rest is named in its manner.

use muster_core::{channel::ChannelFault, error::Error as Refusal, store::StoreError};
use muster_gateway::{Denial, DocumentedError, Failure, FaultKind, ParameterFault};

/// The codes of this product. That of a missing parameter is the gateway's, whose form all products share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The channel does not exist for this caller.
    CustSpaceIdNotExist,
    /// The number is none, or is not bound to the channel.
    PhoneNumberError,
    /// Only WhatsApp groups are known.
    ChannelTypeNotSupport,
    /// The group does not exist for this caller.
    GroupNotExist,
    /// The group does not stand where the operation needs it.
    GroupStatusNotSupport,
    /// The page is none.
    PageInvalid,
    /// The number that a message is sent from is none.
    FromOnlyNumeric,
    /// The number that a message is sent to is none.
    ToOnlyNumeric,
    /// A message's type is missing.
    MessageTypeNotEmpty,
    /// A message's type is unknown, or not for this kind of receiver.
    MessageTypeNotSupport,
    /// A message's content is missing.
    ContentNotEmpty,
    /// A message's content is not what its type needs.
    ContentError,
    /// A message's text is missing.
    TextNotEmpty,
    /// A message's link is missing.
    LinkNotEmpty,
    /// The message that another is about is not in the conversation.
    MessageNotExist,
    /// The channel has groups.
    InstanceNotEmpty,
    /// The account has as many channels as it may have.
    TooManyInstances,
    /// The channel did not take it on. It is printed for no operation: the local channel takes everything on.
    ChannelRefused,
    /// The caller has no permission.
    NoPermission,
    /// Something else. It is printed for no operation.
    InternalError,
    /// The server cannot do it now. It is printed for no operation.
    ServiceUnavailable,
}

impl Code {
    /// The code as it is documented: its status, 200 for what is told inside an answer, its text, its message, and when
    /// it is answered.
    pub(crate) const fn documented(self) -> DocumentedError {
        let (status, code, message, when, when_zh) = match self {
            Self::CustSpaceIdNotExist => (
                200,
                "InvalidParameter.CustSpaceIdNotExist",
                "%s.",
                "The channel does not exist.",
                "通道不存在。",
            ),
            Self::PhoneNumberError => (
                200,
                "InvalidParameter.PhoneNumberError",
                "%s.",
                "The business number is malformed or not bound to the channel.",
                "商家号码格式有误，或未绑定到该通道。",
            ),
            Self::ChannelTypeNotSupport => (
                200,
                "InvalidParameter.ChannelTypeNotSupport",
                "%s.",
                "The channel type is not WHATSAPP.",
                "通道类型不是 WHATSAPP。",
            ),
            Self::GroupNotExist => {
                (200, "InvalidParameter.GroupNotExist", "%s.", "The group does not exist.", "客户群不存在。")
            }
            Self::GroupStatusNotSupport => (
                200,
                "InvalidParameter.GroupStatusNotSupport",
                "%s.",
                "The group is not active.",
                "客户群不处于可用状态。",
            ),
            Self::PageInvalid => (
                200,
                "InvalidParameter.PageInvalid",
                "%s.",
                "The page is malformed or out of range.",
                "分页参数格式有误或超出范围。",
            ),
            Self::FromOnlyNumeric => (
                200,
                "InvalidParameter.FromOnlyNumeric",
                "%s.",
                "From is not a phone number.",
                "From 不是电话号码。",
            ),
            Self::ToOnlyNumeric => (
                200,
                "InvalidParameter.ToOnlyNumeric",
                "%s.",
                "To is not a phone number.",
                "To 不是电话号码。",
            ),
            Self::MessageTypeNotEmpty => (
                200,
                "InvalidParameter.MessageTypeNotEmpty",
                "%s.",
                "The message has no type.",
                "消息缺少类型。",
            ),
            Self::MessageTypeNotSupport => (
                200,
                "InvalidParameter.MessageTypeNotSupport",
                "%s.",
                "The type of the message is unknown, or is not for this kind of receiver.",
                "消息类型未知，或不适用于此类接收者。",
            ),
            Self::ContentNotEmpty => (
                200,
                "InvalidParameter.ContentNotEmpty",
                "%s.",
                "The message has no content.",
                "消息缺少内容。",
            ),
            Self::ContentError => (
                200,
                "InvalidParameter.ContentError",
                "%s.",
                "The content of the message is not what its type needs.",
                "消息内容与其类型不符。",
            ),
            Self::TextNotEmpty => {
                (200, "InvalidParameter.TextNotEmpty", "%s.", "The message has no text.", "消息缺少文本。")
            }
            Self::LinkNotEmpty => {
                (200, "InvalidParameter.LinkNotEmpty", "%s.", "The message has no link.", "消息缺少链接。")
            }
            Self::MessageNotExist => (
                200,
                "InvalidParameter.MessageNotExist",
                "%s.",
                "The message that this one is about is not in the conversation.",
                "所引用的消息不在此会话中。",
            ),
            Self::InstanceNotEmpty => {
                (200, "InstanceNotEmpty", "%s.", "The channel has groups.", "通道下仍有客户群。")
            }
            Self::TooManyInstances => (
                200,
                "InstanceQuotaExceeded",
                "%s.",
                "The account has as many channels as it may have.",
                "账号的通道数已达上限。",
            ),
            Self::ChannelRefused => {
                (200, "ChannelRefused", "%s.", "The channel refused the request.", "通道拒绝了请求。")
            }
            Self::NoPermission => (
                403,
                "NoPermission",
                "You are not authorized to do this action.",
                "The caller has no permission.",
                "调用者没有权限。",
            ),
            Self::InternalError => (
                500,
                "InternalError",
                "The request processing has failed due to some unknown error, exception or failure.",
                "An unknown error; try again later.",
                "未知错误，请稍后重试。",
            ),
            Self::ServiceUnavailable => {
                (503, "ServiceUnavailable", "%s.", "A temporary failure of the server.", "服务器暂时故障。")
            }
        };
        DocumentedError::new(status, code, message, when, when_zh)
    }

    fn says(self, message: impl Into<String>) -> Failure {
        let DocumentedError { status, code, .. } = self.documented();
        match status {
            200 => Failure::in_band(code, message),
            status => Failure::error(status, code, message),
        }
    }

    /// Says what is always the same.
    fn says_so(self) -> Failure {
        self.says(self.documented().message)
    }
}

/// The error table of an operation that answers with these.
const fn documented<const N: usize>(codes: [Code; N]) -> [DocumentedError; N] {
    let mut table = [Code::InternalError.documented(); N];
    let mut at = 0;
    while at < N {
        table[at] = codes[at].documented();
        at += 1;
    }
    table
}

/// The errors that every operation can answer with.
pub(crate) const COMMON: &[DocumentedError] = &documented([
    Code::CustSpaceIdNotExist,
    Code::PhoneNumberError,
    Code::ChannelTypeNotSupport,
    Code::NoPermission,
]);

/// The errors of operations that name a group.
pub(crate) const OF_GROUP: &[DocumentedError] = &documented([
    Code::CustSpaceIdNotExist,
    Code::PhoneNumberError,
    Code::ChannelTypeNotSupport,
    Code::GroupNotExist,
    Code::GroupStatusNotSupport,
    Code::PageInvalid,
    Code::NoPermission,
]);

/// The errors of listing messages.
pub(crate) const OF_MESSAGES: &[DocumentedError] = &documented([
    Code::CustSpaceIdNotExist,
    Code::PhoneNumberError,
    Code::ChannelTypeNotSupport,
    Code::PageInvalid,
    Code::NoPermission,
]);

/// The errors of sending a message.
pub(crate) const OF_SENDING: &[DocumentedError] = &documented([
    Code::CustSpaceIdNotExist,
    Code::PhoneNumberError,
    Code::ChannelTypeNotSupport,
    Code::FromOnlyNumeric,
    Code::ToOnlyNumeric,
    Code::GroupNotExist,
    Code::GroupStatusNotSupport,
    Code::MessageTypeNotEmpty,
    Code::MessageTypeNotSupport,
    Code::ContentNotEmpty,
    Code::ContentError,
    Code::TextNotEmpty,
    Code::LinkNotEmpty,
    Code::MessageNotExist,
    Code::NoPermission,
]);

/// The errors of operations that name nothing of the caller's.
pub(crate) const FOR_ANYBODY: &[DocumentedError] = &documented([Code::NoPermission]);

/// The errors of operations that name a channel.
pub(crate) const OF_INSTANCE: &[DocumentedError] =
    &documented([Code::CustSpaceIdNotExist, Code::NoPermission]);

/// The errors of operations that name a channel and a number of it.
pub(crate) const OF_NUMBER: &[DocumentedError] =
    &documented([Code::CustSpaceIdNotExist, Code::PhoneNumberError, Code::NoPermission]);

/// The errors of listing channels.
pub(crate) const OF_INSTANCES: &[DocumentedError] =
    &documented([Code::ChannelTypeNotSupport, Code::PageInvalid, Code::NoPermission]);

/// The errors of making a channel.
pub(crate) const OF_NEW_INSTANCE: &[DocumentedError] =
    &documented([Code::ChannelTypeNotSupport, Code::TooManyInstances, Code::NoPermission]);

/// The errors of deleting a channel.
pub(crate) const OF_OLD_INSTANCE: &[DocumentedError] =
    &documented([Code::CustSpaceIdNotExist, Code::InstanceNotEmpty, Code::NoPermission]);

/// Why an operation of this product fails.
#[derive(Debug)]
pub enum Error {
    /// The domain refused, or could not.
    Domain(Refusal),
    /// A parameter breaks a rule, said as a sentence without its full stop.
    Invalid(&'static str, String),
    /// Something is wrong that has a code of its own, said as a sentence without its full stop.
    Coded(Code, String),
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
            Error::Invalid(parameter, rule) => invalid(parameter, rule),
            Error::Coded(code, rule) => code.says(format!("{rule}.")),
        }
    }
}

/// What a caller is told of a refusal or a fault of the domain.
fn failure(refusal: &Refusal) -> Failure {
    let code = match refusal {
        Refusal::NoChannel(_) => Code::CustSpaceIdNotExist,
        Refusal::ChannelOccupied(_) => Code::InstanceNotEmpty,
        Refusal::TooManyChannels(_) => Code::TooManyInstances,
        Refusal::NoNumber(_) => Code::PhoneNumberError,
        Refusal::NoGroup(_) | Refusal::GroupDeleted(_) => Code::GroupNotExist,
        Refusal::GroupInactive(_) => Code::GroupStatusNotSupport,
        Refusal::NoMessage(_) => Code::MessageNotExist,
        Refusal::InGroupsAlone => Code::MessageTypeNotSupport,
        Refusal::MessageTooLong(_) => Code::ContentError,
        Refusal::Channel(ChannelFault::Refused(_)) => Code::ChannelRefused,
        Refusal::Channel(ChannelFault::Unavailable(_)) => return unavailable().because(refusal),
        Refusal::Store(StoreError::Unavailable(_)) => return unavailable().because(refusal),
        Refusal::Store(StoreError::Unknown(_)) => return unknown_outcome().because(refusal),
        Refusal::Store(StoreError::Failed(_))
        | Refusal::Sealed(_)
        | Refusal::Invalid(_)
        // What only applications, invite links and the command line can meet.
        | Refusal::NoApp(_)
        | Refusal::AppDisabled(_)
        | Refusal::NotMember(_)
        | Refusal::NotOnline(_)
        | Refusal::NobodyThere(_)
        | Refusal::NotAcknowledged(_)
        | Refusal::TooManyAwaited(_)
        | Refusal::NotAllowed(_)
        | Refusal::Muted(_)
        | Refusal::TooManyMutes(_)
        | Refusal::SuperGroup { .. }
        | Refusal::TooManyApps(_)
        | Refusal::TooManyGroups(_)
        | Refusal::TooManyMessageTypes(_)
        | Refusal::TooManyMemberTypes(_)
        | Refusal::TooManyWords(_)
        | Refusal::Refused
        | Refusal::NumberTaken(_)
        | Refusal::TooManyMessages(_)
        | Refusal::NoInvite
        | Refusal::InviteRevoked
        | Refusal::GroupFull(_)
        | Refusal::Removed(_)
        | Refusal::Exists(_)
        | Refusal::Missing(_) => return Code::InternalError.says_so().because(refusal),
    };
    code.says(refusal.sentence())
}

/// What a caller is told of a parameter that is missing, or breaks its rule. A missing member of a parameter makes the
/// parameter invalid.
pub(crate) fn parameter_fault(fault: &ParameterFault) -> Failure {
    let name = fault.root();
    if fault.kind == FaultKind::Missing && name == fault.parameter {
        return Failure::missing(name);
    }
    invalid(name, fault)
}

/// A parameter breaks a rule, said as a sentence without its full stop. The parameters that the domain knows have codes
/// of their own; the code of any other is made of its name.
fn invalid(parameter: &str, rule: impl std::fmt::Display) -> Failure {
    let code = match parameter {
        "CustSpaceId" | "InstanceId" => Code::CustSpaceIdNotExist,
        "From" => Code::FromOnlyNumeric,
        "MessageType" => Code::MessageTypeNotSupport,
        "BusinessNumber" | "PhoneNumber" => Code::PhoneNumberError,
        "GroupId" => Code::GroupNotExist,
        "ChannelType" => Code::ChannelTypeNotSupport,
        "GroupStatus" => Code::GroupStatusNotSupport,
        "Page" | "PageIndex" | "PageSize" => Code::PageInvalid,
        other => {
            return Failure::in_band(format!("InvalidParameter.{other}Invalid"), format!("{rule}."));
        }
    };
    code.says(format!("{rule}."))
}

/// What a caller is told of a refusal by policy.
pub(crate) fn denied(_: &Denial) -> Failure {
    Code::NoPermission.says_so()
}

/// The server cannot do it now.
pub(crate) fn unavailable() -> Failure {
    Code::ServiceUnavailable.says("The request has failed due to a temporary failure of the server.")
}

/// The server did not learn in time whether it was done. Of the same code as a failure, so that clients try again.
pub(crate) fn unknown_outcome() -> Failure {
    Code::ServiceUnavailable.says("It is not known yet whether the request was carried out. Ask again.")
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
