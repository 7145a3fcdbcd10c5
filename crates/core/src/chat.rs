//! Customer groups of the Chat App Message Service: channels, business numbers, groups, invite links.
//!
//! A participant is a member of the roster at (channel, group) whose user id is the phone number.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, Unexpected, Visitor},
};

use crate::{
    app::Retention,
    id::{AccountId, AppId, GroupRef},
    time::Millis,
};

/// How long a channel keeps what was said in its groups and told to their participants: as long as an application does
/// that chose nothing. The API has no parameter for it.
pub const CHANNEL_RETENTION: Retention = Retention::Days30;

/// A channel: what the API calls `CustSpaceId`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its id, `cams-` and 16 letters and digits.
    pub id: AppId,
    /// The account that owns it.
    pub account: AccountId,
    /// What its owner says of it.
    pub face: ChannelFace,
    /// Where its owner is told of what concerns all its numbers. No number is asked for what is said there.
    pub webhook: Webhook,
    /// When it was made.
    pub created_at: Millis,
    /// When it was deleted. What was said in its groups is kept for its time, and so is the channel.
    pub deleted_at: Option<Millis>,
}

/// What the owner of a channel says of it. All but the name is empty when it was not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelFace {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where its owner is written to.
    pub contact_mail: String,
    /// The country that its owner is in.
    pub country: String,
    /// The address there.
    pub address: String,
}

impl ChannelFace {
    /// Nothing but a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// What is to become of a channel's face. What is none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelChange {
    /// The new name.
    pub name: Option<String>,
    /// What it is for from then on.
    pub description: Option<String>,
    /// Where its owner is written to from then on.
    pub contact_mail: Option<String>,
    /// The country that its owner is in from then on.
    pub country: Option<String>,
    /// The address there.
    pub address: Option<String>,
}

/// Where a business is told of what happens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Webhook {
    /// Where it is told what becomes of messages; empty for nowhere.
    pub status_url: String,
    /// Where it is told what people write to a number; empty for nowhere.
    pub inbound_url: String,
    /// Whether it is told nothing, whatever the addresses.
    pub silent: bool,
}

impl Webhook {
    /// Where it is told what becomes of messages.
    #[must_use]
    pub fn of_statuses(&self) -> Option<&str> {
        Some(&*self.status_url).filter(|url| !self.silent && !url.is_empty())
    }

    /// Where it is told what people write.
    #[must_use]
    pub fn of_inbound(&self) -> Option<&str> {
        Some(&*self.inbound_url).filter(|url| !self.silent && !url.is_empty())
    }
}

/// What is to become of a webhook. What is none stays as it is, and an empty address is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookChange {
    /// Where it is told what becomes of messages from then on.
    pub status_url: Option<String>,
    /// Where it is told what people write from then on.
    pub inbound_url: Option<String>,
    /// Whether it is told nothing.
    pub silent: Option<bool>,
}

/// Whose a webhook is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookOwner {
    /// A channel's.
    Channel(AppId),
    /// A number's that is bound to the channel.
    Number(PhoneNumber, AppId),
}

/// Which channels are asked for. What is none does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelFilter {
    /// The one of this id.
    pub id: Option<AppId>,
    /// Those of exactly this name.
    pub name: Option<String>,
    /// Those whose id or name this is a part of.
    pub part: Option<String>,
}

impl ChannelFilter {
    /// Whether a channel is asked for.
    #[must_use]
    pub fn admits(&self, channel: &Channel) -> bool {
        let (id, name) = (channel.id.as_str(), &*channel.face.name);
        self.id.as_ref().is_none_or(|wanted| *wanted == channel.id)
            && self.name.as_ref().is_none_or(|wanted| wanted == name)
            && self.part.as_ref().is_none_or(|part| id.contains(&**part) || name.contains(&**part))
    }
}

/// A phone number in digits, country code first, no plus: 7 to 15 digits (ITU-T E.164), the first not zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct PhoneNumber(String);

/// A text is not a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 7 to 15 digits, country code first")]
pub struct InvalidPhoneNumber;

impl PhoneNumber {
    /// Takes a text as a phone number. What people write between and around the digits is passed over: a leading plus,
    /// blanks of any kind, brackets, dots, slashes, hyphens and dashes, a `(0)` behind the country code, and the invisible
    /// marks that address books put around a number that is copied.
    ///
    /// # Errors
    /// [`InvalidPhoneNumber`] when what is left is not 7 to 15 digits, or begins with zero.
    pub fn new(text: &str) -> Result<Self, InvalidPhoneNumber> {
        let written: String = text.chars().filter(|&c| !is_written_between(c)).collect();
        let abroad = written.strip_prefix(['+', '\u{ff0b}']).unwrap_or(&written);
        // The trunk zero, which is dialled at home alone.
        let digits: String =
            abroad.replacen("(0)", "", 1).chars().filter(|c| !matches!(c, '(' | ')')).collect();
        let well_formed = (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if well_formed { Ok(Self(digits)) } else { Err(InvalidPhoneNumber) }
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a character of a written phone number means nothing: blanks, brackets, punctuation, and invisible marks of
/// direction and joining.
fn is_written_between(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '.' | '/' | '[' | ']' | '\u{ad}' | '\u{b7}' | '\u{2212}' | '\u{feff}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2010}'..='\u{2015}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{2069}')
}

impl TryFrom<String> for PhoneNumber {
    type Error = InvalidPhoneNumber;
    fn try_from(text: String) -> Result<Self, InvalidPhoneNumber> {
        Self::new(&text)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Digits)
    }
}

/// Takes a text as a phone number, and says what one is when it is none.
struct Digits;

impl Visitor<'_> for Digits {
    type Value = PhoneNumber;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a phone number of 7 to 15 digits, country code first")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PhoneNumber, E> {
        PhoneNumber::new(text).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl JsonSchema for PhoneNumber {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PhoneNumber".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// A business number bound to a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessNumber {
    /// The number.
    pub number: PhoneNumber,
    /// The channel.
    pub channel: AppId,
    /// Where the business is told of what happens at it.
    pub webhook: Webhook,
    /// When it was bound.
    pub created_at: Millis,
}

/// Where a customer group stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatGroupStatus {
    /// In use.
    Active,
    /// Not activated.
    Inactive,
    /// Stopped by the channel.
    Suspended,
    /// Being made.
    Creating,
    /// Being deleted.
    Deleting,
    /// Being changed.
    Updating,
}

impl ChatGroupStatus {
    /// Whether people may come in.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Active | Self::Updating)
    }

    /// Whether people and its link may be taken from it. That is done to a suspended group too.
    #[must_use]
    pub fn may_be_curbed(self) -> bool {
        matches!(self, Self::Active | Self::Updating | Self::Suspended)
    }

    /// Whether its deletion may begin. What is being made is deleted once it is made.
    #[must_use]
    pub fn may_be_deleted(self) -> bool {
        !matches!(self, Self::Creating | Self::Deleting)
    }
}

/// What is to become of a customer group's face. What is none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatGroupChange {
    /// The new title.
    pub subject: Option<String>,
    /// What it is about from then on; nothing, when empty.
    pub description: Option<String>,
    /// The new picture's address.
    pub picture: Option<String>,
}

impl ChatGroupChange {
    /// Whether everything stays as it is.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// A customer group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatGroup {
    /// Its channel and id; also its roster's address.
    pub at: GroupRef,
    /// The business number that runs it.
    pub number: PhoneNumber,
    /// Its title.
    pub subject: String,
    /// What it is about.
    pub description: Option<String>,
    /// Its picture's address.
    pub picture: Option<String>,
    /// Where it stands.
    pub status: ChatGroupStatus,
    /// The code of its invite link, when it has one.
    pub invite: Option<String>,
    /// What its channel was asked to change of it and has not reported yet.
    pub pending: ChatGroupChange,
    /// The id under which its channel's provider knows it, where that is another than ours.
    pub provider_id: Option<String>,
    /// Under which id the provider will report on what it was last asked for, while it has not.
    pub request_id: Option<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub modified_at: Millis,
}

/// A question for customer groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatGroupQuery {
    /// Of this channel.
    pub channel: AppId,
    /// Run by this number.
    pub number: PhoneNumber,
    /// Only groups of exactly this title.
    pub subject: Option<String>,
    /// Only groups that stand here.
    pub status: Option<ChatGroupStatus>,
}

/// Somebody was removed from a customer group, and does not come in again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The group.
    pub at: GroupRef,
    /// Who.
    pub number: PhoneNumber,
    /// When.
    pub removed_at: Millis,
}

/// What an invite code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// The group.
    pub at: GroupRef,
    /// Whether the code was replaced or taken back.
    pub revoked: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_is_seven_to_fifteen_digits_as_people_write_them() {
        assert_eq!(PhoneNumber::new("+86 138-0013-8000").unwrap().as_str(), "8613800138000");
        for pasted in [
            "\u{202a}+86\u{a0}(138) 0013.8000\u{202c}",
            "\u{2066}+86 138\u{2011}0013\u{2013}8000\u{2069}",
            "\u{200e}\u{ff0b}86 138 0013 8000\u{feff}",
            "+86 (0) 138/0013/8000",
            "8613800138000\n",
        ] {
            assert_eq!(PhoneNumber::new(pasted).unwrap().as_str(), "8613800138000", "{pasted:?}");
        }
        for wrong in ["", "123456", "1234567890123456", "0861380013", "86138x00138", "++8613800138000"] {
            assert_eq!(PhoneNumber::new(wrong), Err(InvalidPhoneNumber), "{wrong}");
        }
    }
}
