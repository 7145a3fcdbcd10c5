//! Callbacks: what an application is told at its URL of what its users do.
//!
//! A callback that is owed is written with the change that it tells of, in one transaction ([`Also`](crate::store::Also)),
//! and is gone once its receiver has taken it. So nothing is owed that is only in memory, and a callback may be told twice
//! (the answer was lost) but not never. Callbacks of one lane are told one after the other, in the order of their changes.

mod chat_group;
mod form;
mod found;
mod news;

use std::collections::{HashMap, HashSet};

pub(crate) use self::found::id_of;
pub use self::{
    chat_group::{ChatGroupDeed, ChatGroupNews},
    found::Found,
    news::ChatNews,
};

use crate::{
    id::{AppId, GroupId, SessionId, UserId},
    time::Millis,
};

/// Callbacks of each application, by number, that this process has under way.
pub type UnderWay = HashMap<AppId, HashSet<i64>>;

/// What a callback tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackEvent {
    /// A user logged in.
    LoggedOn(UserSession),
    /// A user's login ended.
    LoggedOff(UserSession, LogoffReason),
    /// A user who had lost the connection came back before the login had ended, and is in these groups.
    Reconnected(UserSession, Vec<GroupId>),
    /// A user joined a group.
    Joined(Membership),
    /// A user is no member of a group any more.
    Left(Membership),
    /// These are no members of a group any more, which was deleted or whose server was lost: some of them, if there were many.
    AllLeft(GroupId, Vec<UserTie>),
    /// Something has happened in a conversation of a business, which is told at the address of its number.
    News(Box<ChatNews>),
    /// Something has become of a customer group, which is told there too.
    ChatGroup(Box<ChatGroupNews>),
}

/// A user's login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSession {
    /// Who.
    pub user: UserId,
    /// The login.
    pub session: SessionId,
}

/// A user, and the login that held the membership where one did.
pub type UserTie = (UserId, Option<SessionId>);

/// Why a login ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoffReason {
    /// The client closed the connection.
    Closed,
    /// The connection was lost, or the server ended it.
    Lost,
    /// The user logged in elsewhere.
    Elsewhere,
}

/// Whose membership began or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The group.
    pub group: GroupId,
    /// Who.
    pub user: UserId,
    /// The login by which, where there was one.
    pub session: Option<SessionId>,
}

impl CallbackEvent {
    /// The name of the lane in which it is told: that of its group or conversation, or of its user where it is of none.
    #[must_use]
    pub fn lane(&self) -> String {
        match self {
            Self::Joined(Membership { group, .. })
            | Self::Left(Membership { group, .. })
            | Self::AllLeft(group, _) => format!("g:{group}"),
            Self::LoggedOn(of) | Self::LoggedOff(of, _) | Self::Reconnected(of, _) => {
                format!("u:{}", of.user)
            }
            Self::News(news) => news.lane(),
            Self::ChatGroup(news) => news.lane(),
        }
    }
}

/// A callback that an application is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedCall {
    /// What the receiver knows it by: the same in every attempt.
    pub id: String,
    /// The application.
    pub app: AppId,
    /// What it tells of.
    pub event: CallbackEvent,
    /// When that happened.
    pub made_at: Millis,
}

/// A callback as it stands in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCall {
    /// Its number: callbacks of one lane are told in this order.
    pub number: i64,
    /// What the receiver knows it by.
    pub id: String,
    /// The application.
    pub app: AppId,
    /// The lane.
    pub lane: String,
    /// What it tells of; `None` when a later version wrote what this one does not know.
    pub event: Option<CallbackEvent>,
    /// When that happened.
    pub made_at: Millis,
    /// Attempts that were begun.
    pub attempts: u32,
    /// When it is tried next; while it is being tried, when others take it for given up.
    pub next_at: Millis,
    /// Whether it is tried no more: a dead letter.
    pub dead: bool,
    /// Why the last attempt failed; empty before one has.
    pub fault: String,
}

/// What becomes of a callback after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Told,
    /// It is tried again then.
    Again {
        /// When.
        at: Millis,
        /// Why it was not taken.
        fault: String,
    },
    /// It is tried no more, and kept.
    Dead {
        /// Why it was not taken.
        fault: String,
    },
}
