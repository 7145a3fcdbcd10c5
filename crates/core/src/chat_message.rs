//! What is said through a business number: in customer groups, and to single people.
//!
//! A message is a record of its channel. It stands in one conversation, that of a group or that of a number and a person,
//! and is kept as long as the channel keeps what is said ([`CHANNEL_RETENTION`](crate::chat::CHANNEL_RETENTION)), also when
//! its group is gone by then.

mod form;

use serde::{Deserialize, Serialize};

use crate::{
    chat::PhoneNumber,
    id::{AppId, GroupId, MessageId},
    time::Millis,
};

/// The number of a message in its channel: messages that are stored later have higher ones.
pub type Place = i64;

/// From when on somebody is whom a number reaches in a room: nobody proves that a number is theirs, and whoever had it before
/// may have been another. A message is of their time when it stands behind the place, or was taken at the moment or later:
/// places are given anew when a store is carried to another, and nodes may disagree about the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// The last place that was there to be read before.
    pub place: Place,
    /// When they joined.
    pub at: Millis,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    /// Its id, which is ours whatever a provider calls it.
    pub id: MessageId,
    /// The channel.
    pub channel: AppId,
    /// The business number that sent it, or that it was sent to.
    pub number: PhoneNumber,
    /// With whom the business talks.
    pub conversation: Conversation,
    /// Who wrote it.
    pub author: Author,
    /// What it says.
    pub content: Content,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// What the business calls the work that it was sent for.
    pub task: Option<String>,
    /// Where it stands.
    pub status: MessageStatus,
    /// Why it failed.
    pub fault: Option<String>,
    /// Its id at the channel's provider, where that is another than ours.
    pub provider_id: Option<String>,
    /// When it was taken.
    pub at: Millis,
}

/// With whom a business number talks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Conversation {
    /// With everybody in a group.
    Group(GroupId),
    /// With one person.
    Person(PhoneNumber),
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// The business.
    Business,
    /// A person.
    Person {
        /// Who.
        number: PhoneNumber,
        /// What they call themselves.
        name: Option<String>,
    },
}

/// What a message says. Links are the sender's; what is behind them is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A text.
    Text(String),
    /// A picture.
    Image(Media),
    /// A film.
    Video(Media),
    /// A recording.
    Audio {
        /// Where it is.
        link: String,
    },
    /// A file.
    Document {
        /// Where it is.
        link: String,
        /// What it is called.
        name: Option<String>,
        /// What is said of it.
        caption: Option<String>,
    },
    /// A sticker.
    Sticker {
        /// Where it is.
        link: String,
    },
    /// A place on earth.
    Location(Location),
    /// People's cards: a JSON list as it was given.
    Contacts(String),
    /// A sign at a message; none when it is taken back.
    Reaction {
        /// The message.
        message: MessageId,
        /// The sign.
        sign: Option<String>,
    },
    /// A message is fastened to the head of its group, or let go.
    Pin {
        /// The message.
        message: MessageId,
        /// For how many days; none when it is let go.
        days: Option<PinDays>,
    },
    /// Something of a later version, as it stands in rows. It keeps its place and means nothing here.
    Unknown(String),
}

/// A picture or a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Where it is.
    pub link: String,
    /// What is said of it.
    pub caption: Option<String>,
}

/// A place on earth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Degrees east, in decimals.
    pub longitude: String,
    /// Degrees north, in decimals.
    pub latitude: String,
    /// What it is called.
    pub name: Option<String>,
    /// Its address.
    pub address: Option<String>,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageStatus {
    /// Stored, and not yet with its channel.
    Accepted,
    /// The channel has sent it.
    Sent,
    /// Somebody whom it was for has it.
    Delivered,
    /// Somebody whom it was for has read it.
    Read,
    /// It could not be sent.
    Failed,
    /// Somebody wrote it to the business.
    Received,
}

/// Days for which a message is pinned, at most (WhatsApp's figure).
const MOST_PIN_DAYS: u32 = 30;
/// The same in milliseconds.
pub const LONGEST_PIN_MILLIS: i64 = MOST_PIN_DAYS as i64 * 86_400_000;

/// For how many days a message is pinned: 1 to 30.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct PinDays(u32);

/// A message is not pinned for so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 30 days")]
pub struct InvalidPinDays;

impl TryFrom<u32> for PinDays {
    type Error = InvalidPinDays;
    fn try_from(days: u32) -> Result<Self, InvalidPinDays> {
        if (1..=MOST_PIN_DAYS).contains(&days) { Ok(Self(days)) } else { Err(InvalidPinDays) }
    }
}

impl From<PinDays> for u32 {
    fn from(days: PinDays) -> Self {
        days.0
    }
}

impl Author {
    /// Whether the message came to the business.
    #[must_use]
    pub fn is_person(&self) -> bool {
        matches!(self, Self::Person { .. })
    }
}

impl ChatMessage {
    /// The group in whose conversation it stands, if it is one's.
    #[must_use]
    pub fn group(&self) -> Option<&GroupId> {
        match &self.conversation {
            Conversation::Group(group) => Some(group),
            Conversation::Person(_) => None,
        }
    }

    /// Who is the other side, as far as it is one person: who wrote it, or whom alone it was written to.
    #[must_use]
    pub fn person(&self) -> Option<&PhoneNumber> {
        match (&self.author, &self.conversation) {
            (Author::Person { number, .. }, _) | (Author::Business, Conversation::Person(number)) => {
                Some(number)
            }
            (Author::Business, Conversation::Group(_)) => None,
        }
    }
}

impl Content {
    /// The message of the same conversation that it is about.
    #[must_use]
    pub fn about(&self) -> Option<&MessageId> {
        match self {
            Self::Reaction { message, .. } | Self::Pin { message, .. } => Some(message),
            _ => None,
        }
    }
}

impl MessageStatus {
    /// Whether a message that stands here comes to stand at `next`. Reports may come twice, late, or not at all: one step
    /// may be passed over, and none is gone back.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        let step = |status| match status {
            Self::Accepted => Some(0),
            Self::Sent => Some(1),
            Self::Delivered => Some(2),
            Self::Read => Some(3),
            Self::Failed | Self::Received => None,
        };
        match (step(self), step(next)) {
            (Some(now), Some(then)) => now < then,
            (Some(now), None) => next == Self::Failed && now < 2,
            (None, _) => false,
        }
    }
}

/// A question for the messages of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessageQuery {
    /// Of this channel.
    pub channel: AppId,
    /// Of this number.
    pub number: PhoneNumber,
    /// Which of them.
    pub filter: MessageFilter,
}

/// Which messages of a number are asked for. What is none does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Only those that people wrote, or only the business's.
    pub inbound: Option<bool>,
    /// Only those in this group, or of or to this person.
    pub other: Option<String>,
    /// Only those that stand here.
    pub status: Option<MessageStatus>,
    /// Only those taken at or after this time.
    pub from: Option<Millis>,
    /// Only those taken at or before this time.
    pub until: Option<Millis>,
}

/// How much a person may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Messages at most,
    pub most: u64,
    /// since then.
    pub since: Millis,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_goes_forward_and_fails_only_while_nobody_has_it() {
        use MessageStatus as S;
        let all = [S::Accepted, S::Sent, S::Delivered, S::Read, S::Failed, S::Received];
        let next = |from: S| all.into_iter().filter(|&to| from.may_become(to)).collect::<Vec<_>>();
        assert_eq!(next(S::Accepted), [S::Sent, S::Delivered, S::Read, S::Failed]);
        assert_eq!(next(S::Sent), [S::Delivered, S::Read, S::Failed]);
        assert_eq!(next(S::Delivered), [S::Read]);
        for end in [S::Read, S::Failed, S::Received] {
            assert_eq!(next(end), []);
        }
    }
}
