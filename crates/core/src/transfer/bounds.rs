//! The bounds of what a file may hold: those that the other doors keep, so that every store can write it and go on.

use super::Record;
use crate::{number::MAX_NUMBER, time::Millis};

/// The first moment that has no calendar form of four digits for its year: 10000-01-01.
const LAST_MOMENT: i64 = 253_402_300_800_000;

/// A number of a record is beyond its bound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {least} to {most}, and is {found}")]
pub struct BeyondBounds {
    what: &'static str,
    least: i128,
    most: i128,
    found: i128,
}

fn within(what: &'static str, least: u64, found: impl Into<i128>) -> Result<(), BeyondBounds> {
    let (least, most, found) = (i128::from(least), i128::from(MAX_NUMBER), found.into());
    if (least..=most).contains(&found) { Ok(()) } else { Err(BeyondBounds { what, least, most, found }) }
}

fn moment(what: &'static str, at: Millis) -> Result<(), BeyondBounds> {
    let (most, found) = (LAST_MOMENT - 1, at.0);
    if (0..=most).contains(&found) {
        return Ok(());
    }
    Err(BeyondBounds { what, least: 0, most: most.into(), found: found.into() })
}

impl Record {
    /// Whether all numbers of the record are such as the other doors let in. Types, weights and levels of messages are
    /// any that 64 bits with a sign hold; counts of messages were read as the nearest that there may be.
    ///
    /// # Errors
    /// [`BeyondBounds`], which names the number.
    pub fn check(&self) -> Result<(), BeyondBounds> {
        match self {
            Self::LastGroupNumber(last) => within("the last group number", 0, *last),
            Self::Group(record) => {
                within("number", 1, record.group.number)?;
                within("next_join", 1, record.next_join)?;
                within("views", 0, record.views)?;
                within("visitors", 0, record.visitors)?;
                within("sequence", 0, record.sequence)?;
                moment("created_at", record.group.created_at)?;
                record.group.deletion.as_ref().map_or(Ok(()), |deletion| moment("deleted at", deletion.at))
            }
            Self::Member(member) => {
                within("number", 1, member.number)?;
                moment("joined_at", member.joined_at)
            }
            Self::GroupMute(mute) => {
                within("revision", 1, mute.revision)?;
                moment("changed_at", mute.changed_at)
            }
            Self::Mute(mute) => {
                moment("put_at", mute.put_at)?;
                mute.until.map_or(Ok(()), |until| moment("until", until))
            }
            Self::Word(word) => moment("added_at", word.added_at),
            Self::UserStream(stream) => within("sequence", 0, stream.sequence),
            Self::Entry(record) => {
                within("sequence", 1, record.entry.sequence)?;
                moment("at", record.entry.at)
            }
            Self::App(record) => {
                moment("created_at", record.app.created_at)?;
                moment("modified_at", record.app.modified_at)?;
                record.app.deleted_at.map_or(Ok(()), |at| moment("deleted_at", at))
            }
            Self::ChatGroup(record) => {
                moment("status_since", record.status_since)?;
                moment("created_at", record.chat_group.created_at)?;
                moment("modified_at", record.chat_group.modified_at)
            }
            Self::Invite(invite) => {
                moment("created_at", invite.created_at)?;
                invite.revoked_at.map_or(Ok(()), |at| moment("revoked_at", at))
            }
            Self::Removal(removal) => moment("removed_at", removal.removed_at),
            Self::ChatMessage(message) => moment("at", message.at),
            Self::ChatFile(file) => moment("put_at", file.put_at),
            Self::Channel(record) => {
                moment("created_at", record.channel.created_at)?;
                record.channel.deleted_at.map_or(Ok(()), |at| moment("deleted_at", at))
            }
            Self::BusinessNumber(number) => moment("created_at", number.created_at),
            Self::Role(role) => {
                moment("created_at", role.created_at)?;
                moment("modified_at", role.modified_at)
            }
            Self::RoleAttachment(_)
            | Self::Account(_)
            | Self::User(_)
            | Self::Key(_)
            | Self::Policy(_)
            | Self::Attachment(_)
            | Self::Visitor(_)
            | Self::MessageCount(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::Line;

    fn record(line: &str) -> Record {
        match Line::parse(line.as_bytes()).unwrap() {
            Line::Record(record) => *record,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_number_beyond_its_bound_is_named() {
        let line = |number: &str| {
            format!(
                r#"{{"member":{{"app":"a","group":"g","number":{number},"user":"u","info":null,"joined_at":1}}}}"#
            )
        };
        assert_eq!(record(&line("1")).check(), Ok(()));
        assert_eq!(record(&line("9007199254740991")).check(), Ok(()));
        for number in
            ["0", "9007199254740992", "9223372036854775807", "9223372036854775808", "18446744073709551615"]
        {
            let error = record(&line(number)).check().unwrap_err();
            assert_eq!(error.to_string(), format!("number must be 1 to 9007199254740991, and is {number}"));
        }
    }

    #[test]
    fn a_moment_is_one_that_a_calendar_of_four_digits_has() {
        let line = |at: &str| format!(r#"{{"user_stream":{{"app":"a","user":"u","sequence":{at}}}}}"#);
        assert_eq!(record(&line("0")).check(), Ok(()));
        for at in [i64::MIN, -1, 253_402_300_800_000, i64::MAX] {
            assert!(moment("at", Millis(at)).is_err(), "{at}");
        }
        assert!(moment("at", Millis(0)).is_ok() && moment("at", Millis(253_402_300_799_999)).is_ok());
    }
}
