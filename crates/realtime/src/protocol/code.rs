//! The numbers of the protocol: why a connection or a subscription ends, and why a command failed.
//!
//! The ranges decide what an SDK does. Closes: below 3500 and from 4000 to 4499 it reconnects, otherwise it stays away.
//! Unsubscribes: from 2500 it subscribes again at once, below it does not. Errors: it tries again only when the error
//! says that it is temporary, whatever the number.

use std::borrow::Cow;

/// Why the server closes a connection: a WebSocket close code and its reason.
///
/// No reason is empty or could be read as JSON: the JavaScript SDK takes both for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Disconnect {
    /// The code.
    pub code: u16,
    /// The reason, at most 123 bytes.
    pub reason: &'static str,
}

impl Disconnect {
    /// A message above the bound on messages.
    pub const TOO_BIG: Self = Self { code: 1009, reason: "message size limit exceeded" };
    /// The server goes away.
    pub const SHUTDOWN: Self = Self { code: 3001, reason: "shutdown" };
    /// The client reads more slowly than its groups talk.
    pub const SLOW: Self = Self { code: 3008, reason: "slow" };
    /// A write did not finish in time.
    pub const WRITE_ERROR: Self = Self { code: 3009, reason: "write error" };
    /// A stream has lost entries that the client has not seen.
    pub const INSUFFICIENT_STATE: Self = Self { code: 3010, reason: "insufficient state" };
    /// No answer to a ping.
    pub const NO_PONG: Self = Self { code: 3012, reason: "no pong" };
    /// The server has as many connections as it may have; another time or another node may have room.
    pub const FULL: Self = Self { code: 3013, reason: "too many connections" };
    /// The client broke the protocol.
    pub const BAD_REQUEST: Self = Self { code: 3501, reason: "bad request" };
    /// A frame of more commands than one may hold.
    pub const TOO_MANY_COMMANDS: Self = Self { code: 3501, reason: "too many commands in one frame" };
    /// No login in time.
    pub const STALE: Self = Self { code: 3502, reason: "stale" };
    /// The client used a part of the protocol that is not served.
    pub const NOT_AVAILABLE: Self = Self { code: 3508, reason: "not available" };
    /// The same user signed in on another connection.
    pub const SIGNED_IN_ELSEWHERE: Self = Self { code: 4501, reason: "signed in elsewhere" };
    /// The operator took the client off: its application was switched off.
    pub const REMOVED: Self = Self { code: 4503, reason: "removed" };
}

/// Why the server ends a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsubscribed {
    /// The code.
    pub code: u32,
    /// The reason, never empty.
    pub reason: &'static str,
}

impl Unsubscribed {
    /// The operator removed the member from the group.
    pub const KICKED: Self = Self { code: 2101, reason: "kicked" };
    /// The group was deleted.
    pub const GROUP_CLOSED: Self = Self { code: 2102, reason: "group closed" };
    /// The operator took the member out of the group without more ado.
    pub const TAKEN_OUT: Self = Self { code: 2000, reason: "server unsubscribe" };
    /// The stream lost entries: the SDK subscribes again and learns that it could not be recovered.
    pub const INSUFFICIENT_STATE: Self = Self { code: 2500, reason: "insufficient state" };
}

/// The kinds of failure of a command, each with its number, its text and whether the same command may succeed later. Below
/// 400 the numbers are the protocol's, from 400 those of the client SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The server could not do its work now.
    Internal,
    /// No such kind of channel.
    UnknownChannel,
    /// The client may not do this with this channel.
    PermissionDenied,
    /// No such remote procedure.
    MethodNotFound,
    /// The connection has this subscription.
    AlreadySubscribed,
    /// The connection has as many subscriptions as it may have.
    LimitExceeded,
    /// A command that makes no sense.
    BadRequest,
    /// Not served, or not for this channel.
    NotAvailable,
    /// The login token has ended: the SDK asks its application for another.
    TokenExpired,
    /// The position asked for cannot be recovered.
    Unrecoverable,
    /// A parameter is wrong; the reply's own text says which.
    InvalidParameter,
    /// A login that is not good.
    AuthFail,
    /// The user lacks a right over the group.
    NoPermission,
    /// Moderation does not let the message pass.
    Refused,
    /// The client, or the members of a group together, say more than the server's bounds allow.
    TooFast,
    /// The user whom a message is for is not logged in.
    NotOnline,
    /// The user is not in the group.
    NotJoined,
    /// No such group.
    NoGroup,
    /// The group was deleted.
    GroupDeleted,
    /// The user may not talk in the group.
    Muted,
    /// The list is longer than the server shows.
    TooMany,
    /// The group has as many mutes as it may have.
    TooManyMutes,
}

impl ErrorCode {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Internal => 100,
            Self::UnknownChannel => 102,
            Self::PermissionDenied => 103,
            Self::MethodNotFound => 104,
            Self::AlreadySubscribed => 105,
            Self::LimitExceeded => 106,
            Self::BadRequest => 107,
            Self::NotAvailable => 108,
            Self::TokenExpired => 109,
            Self::Unrecoverable => 112,
            Self::InvalidParameter => 400,
            Self::AuthFail | Self::NoPermission | Self::Refused => 403,
            Self::TooFast => 412,
            Self::NotOnline => 424,
            Self::NotJoined => 425,
            Self::NoGroup => 440,
            Self::GroupDeleted => 441,
            Self::Muted => 442,
            Self::TooMany | Self::TooManyMutes => 443,
        }
    }

    /// What is told when there is nothing more to say; never empty.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Internal => "internal server error",
            Self::UnknownChannel => "unknown channel",
            Self::PermissionDenied => "permission denied",
            Self::MethodNotFound => "method not found",
            Self::AlreadySubscribed => "already subscribed",
            Self::LimitExceeded => "limit exceeded",
            Self::BadRequest => "bad request",
            Self::NotAvailable => "not available",
            Self::TokenExpired => "token expired",
            Self::Unrecoverable => "unrecoverable position",
            Self::InvalidParameter => "invalid parameter",
            Self::AuthFail => "auth fail",
            Self::NoPermission => "no permission",
            Self::Refused => "the message was refused by moderation",
            Self::TooFast => "too many messages, try again later",
            Self::NotOnline => "user not online",
            Self::NotJoined => "group not joined",
            Self::NoGroup => "group not exist",
            Self::GroupDeleted => "group deleted",
            Self::Muted => "the user is muted",
            Self::TooManyMutes => "too many users of the group are muted or spared",
            Self::TooMany => "the group is too large to list its users",
        }
    }

    /// Whether the same command may succeed later: the SDKs try again by themselves then.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        matches!(self, Self::Internal | Self::TooFast)
    }
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorReply {
    /// What kind of failure it is.
    pub code: ErrorCode,
    /// What is wrong; never empty.
    pub message: Cow<'static, str>,
}

impl From<ErrorCode> for ErrorReply {
    fn from(code: ErrorCode) -> Self {
        Self { code, message: Cow::Borrowed(code.text()) }
    }
}

impl ErrorReply {
    /// A text holds half of a character: one unit of a pair that stands for a character outside the basic plane.
    #[must_use]
    pub fn half_character(unit: u16) -> Self {
        let message =
            format!("bad request: an unpaired surrogate (\\u{unit:04x}), which is half of a character");
        Self { code: ErrorCode::BadRequest, message: message.into() }
    }

    /// A parameter is wrong; `message` says which.
    #[must_use]
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: ErrorCode::InvalidParameter, message: message.into() }
    }
}
