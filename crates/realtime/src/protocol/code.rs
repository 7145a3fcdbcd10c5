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

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorReply {
    /// Below 400 the protocol's numbers, from 400 those of the client SDK.
    pub code: u32,
    /// What is wrong; never empty.
    pub message: Cow<'static, str>,
    /// Whether the same command may succeed later.
    pub temporary: bool,
}

impl ErrorReply {
    /// The server could not do its work now.
    pub const INTERNAL: Self =
        Self { code: 100, message: Cow::Borrowed("internal server error"), temporary: true };
    /// No such kind of channel.
    pub const UNKNOWN_CHANNEL: Self = Self::fixed(102, "unknown channel");
    /// The client may not do this with this channel.
    pub const PERMISSION_DENIED: Self = Self::fixed(103, "permission denied");
    /// No such remote procedure.
    pub const METHOD_NOT_FOUND: Self = Self::fixed(104, "method not found");
    /// The connection has this subscription.
    pub const ALREADY_SUBSCRIBED: Self = Self::fixed(105, "already subscribed");
    /// The connection has as many subscriptions as it may have.
    pub const LIMIT_EXCEEDED: Self = Self::fixed(106, "limit exceeded");
    /// A command that makes no sense.
    pub const BAD_REQUEST: Self = Self::fixed(107, "bad request");
    /// Not served, or not for this channel.
    pub const NOT_AVAILABLE: Self = Self::fixed(108, "not available");
    /// The login token has ended: the SDK asks its application for another.
    pub const TOKEN_EXPIRED: Self = Self::fixed(109, "token expired");
    /// The position asked for cannot be recovered.
    pub const UNRECOVERABLE: Self = Self::fixed(112, "unrecoverable position");
    /// A login that is not good.
    pub const AUTH_FAIL: Self = Self::fixed(403, "auth fail");
    /// The user lacks a right over the group.
    pub const NO_PERMISSION: Self = Self::fixed(403, "no permission");
    /// The client, or the members of a group together, say more than the server's bounds allow.
    pub const TOO_FAST: Self =
        Self { code: 412, message: Cow::Borrowed("too many messages, try again later"), temporary: true };
    /// The user is not in the group.
    pub const NOT_JOINED: Self = Self::fixed(425, "group not joined");
    /// No such group.
    pub const NO_GROUP: Self = Self::fixed(440, "group not exist");
    /// The group was deleted.
    pub const GROUP_DELETED: Self = Self::fixed(441, "group deleted");
    /// The list is longer than the server shows.
    pub const TOO_MANY: Self = Self::fixed(443, "the group is too large to list its users");

    const fn fixed(code: u32, message: &'static str) -> Self {
        Self { code, message: Cow::Borrowed(message), temporary: false }
    }

    /// A text holds half of a character: one unit of a pair that stands for a character outside the basic plane.
    #[must_use]
    pub fn half_character(unit: u16) -> Self {
        let message =
            format!("bad request: an unpaired surrogate (\\u{unit:04x}), which is half of a character");
        Self { code: 107, message: message.into(), temporary: false }
    }

    /// A parameter is wrong; `message` says which.
    #[must_use]
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: 400, message: message.into(), temporary: false }
    }
}
