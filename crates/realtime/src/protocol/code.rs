//! The numbers of the protocol: why a connection or a subscription ends, and why a command failed.
//!
//! The ranges decide what an SDK does. Closes: below 3500 and from 4000 to 4499 it reconnects, otherwise it stays away.
//! Unsubscribes: from 2500 it subscribes again at once, below it does not. Errors: it tries again only when the error
//! says that it is temporary, whatever the number.

use std::borrow::Cow;

/// The codes of a kind, each once: its name, its number and reason on the wire, and in its documentation what it means.
macro_rules! codes {
    ($kind:ident { $($(#[doc = $meaning:literal])+ $name:ident = $code:literal, $reason:literal;)+ }) => {
        impl $kind {
            $($(#[doc = $meaning])+ pub const $name: Self = Self { code: $code, reason: $reason };)+

            /// All of them, each with what it means.
            pub const ALL: &[(Self, &str)] = &[$((Self::$name, concat!($($meaning),+))),+];
        }
    };
}

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

codes! {
    Disconnect {
        /// A message above the bound on messages.
        TOO_BIG = 1009, "message size limit exceeded";
        /// The server goes away.
        SHUTDOWN = 3001, "shutdown";
        /// The client reads more slowly than its groups talk.
        SLOW = 3008, "slow";
        /// A write did not finish in time.
        WRITE_ERROR = 3009, "write error";
        /// A stream has lost entries that the client has not seen.
        INSUFFICIENT_STATE = 3010, "insufficient state";
        /// The client is to log in anew.
        RECONNECT = 3011, "force reconnect";
        /// No answer to a ping.
        NO_PONG = 3012, "no pong";
        /// The server has as many connections as it may have; another time or another node may have room.
        FULL = 3013, "too many connections";
        /// The login has ended and was not refreshed.
        EXPIRED = 3005, "connection expired";
        /// The token is none, or not good. Told in place of error 403 where `[realtime.compat]` is on.
        INVALID_TOKEN = 3500, "invalid token";
        /// The client broke the protocol.
        BAD_REQUEST = 3501, "bad request";
        /// A frame of more commands than one may hold.
        TOO_MANY_COMMANDS = 3501, "too many commands in one frame";
        /// No login in time.
        STALE = 3502, "stale";
        /// The operator took the client off: channels of `[realtime.compat]`.
        FORCED = 3503, "force disconnect";
        /// The server subscribes the client to more channels than it may have.
        CHANNEL_LIMIT = 3505, "channel limit";
        /// The client used a part of the protocol that is not served.
        NOT_AVAILABLE = 3508, "not available";
        /// The same user signed in on another connection.
        SIGNED_IN_ELSEWHERE = 4501, "signed in elsewhere";
        /// The operator took the client off: its application was switched off.
        REMOVED = 4503, "removed";
    }
}

impl Disconnect {
    /// Whether a client that is told this comes back.
    #[must_use]
    pub const fn reconnects(self) -> bool {
        matches!(self.code, 3000..3500 | 4000..4500)
    }
}

/// Why the server ends a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsubscribed {
    /// The code.
    pub code: u32,
    /// The reason, never empty.
    pub reason: &'static str,
}

codes! {
    Unsubscribed {
        /// The operator removed the member from the group.
        KICKED = 2101, "kicked";
        /// The group was deleted.
        GROUP_CLOSED = 2102, "group closed";
        /// The operator took the member out of the group without more ado.
        TAKEN_OUT = 2000, "server unsubscribe";
        /// The subscription has ended and was not refreshed.
        EXPIRED = 2501, "subscription expired";
        /// The stream lost entries: the SDK subscribes again and learns that it could not be recovered.
        INSUFFICIENT_STATE = 2500, "insufficient state";
    }
}

/// The kinds of failure of a command, each once: its name, its number and text on the wire, and in its documentation what it
/// means.
macro_rules! errors {
    ($($(#[doc = $meaning:literal])+ $name:ident = $number:literal, $text:literal;)+) => {
        /// The kinds of failure of a command, each with its number, its text and whether the same command may succeed later.
        /// Below 400 the numbers are the protocol's, from 400 those of the client SDK.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $meaning])+ $name,)+
        }

        impl ErrorCode {
            /// All of them, each with what it means.
            pub const ALL: &[(Self, &str)] = &[$((Self::$name, concat!($($meaning),+))),+];

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u32 {
                match self {
                    $(Self::$name => $number,)+
                }
            }

            /// What is told when there is nothing more to say; never empty.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

errors! {
    /// The server could not do its work now.
    Internal = 100, "internal server error";
    /// No such kind of channel.
    UnknownChannel = 102, "unknown channel";
    /// The client may not do this with this channel.
    PermissionDenied = 103, "permission denied";
    /// No such remote procedure.
    MethodNotFound = 104, "method not found";
    /// The connection has this subscription.
    AlreadySubscribed = 105, "already subscribed";
    /// The connection has as many subscriptions as it may have.
    LimitExceeded = 106, "limit exceeded";
    /// A command that makes no sense.
    BadRequest = 107, "bad request";
    /// Not served, or not for this channel.
    NotAvailable = 108, "not available";
    /// The login token has ended: the SDK asks its application for another.
    TokenExpired = 109, "token expired";
    /// A subscription has ended.
    Expired = 110, "expired";
    /// The client says more than the server's bounds allow, in channels of `[realtime.compat]`.
    TooManyRequests = 111, "too many requests";
    /// The position asked for cannot be recovered.
    Unrecoverable = 112, "unrecoverable position";
    /// A parameter is wrong; the reply's own text says which.
    InvalidParameter = 400, "invalid parameter";
    /// A login that is not good.
    AuthFail = 403, "auth fail";
    /// The user lacks a right over the group.
    NoPermission = 403, "no permission";
    /// Moderation does not let the message pass.
    Refused = 403, "the message was refused by moderation";
    /// The client, or the members of a group together, say more than the server's bounds allow.
    TooFast = 412, "too many messages, try again later";
    /// The user whom a message is for is not logged in.
    NotOnline = 424, "user not online";
    /// The user is not in the group.
    NotJoined = 425, "group not joined";
    /// No such group.
    NoGroup = 440, "group not exist";
    /// The group was deleted.
    GroupDeleted = 441, "group deleted";
    /// The user may not talk in the group.
    Muted = 442, "the user is muted";
    /// The list is longer than the server shows.
    TooMany = 443, "the group is too large to list its users";
    /// The group has as many mutes as it may have.
    TooManyMutes = 443, "too many users of the group are muted or spared";
}

impl ErrorCode {
    /// Whether the same command may succeed later: the SDKs try again by themselves then.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        matches!(self, Self::Internal | Self::TooFast | Self::TooManyRequests)
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
