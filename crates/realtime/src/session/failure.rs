//! The domain's refusals in the client SDK's numbers.

use muster_core::{complaint::LineLimit, error::Error};

use super::{ErrorReply, Failure};
use crate::protocol::ErrorCode;
use crate::refusals::few_lines;

/// A store that is out fails every command of every client.
static FAILED: LineLimit = few_lines();

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(reply_of(&error))
    }
}

/// What a client is told of a refusal.
pub(super) fn reply_of(error: &Error) -> ErrorReply {
    match error {
        Error::NoGroup(_) => ErrorCode::NoGroup.into(),
        Error::GroupDeleted(_) => ErrorCode::GroupDeleted.into(),
        Error::NotOnline(_) => ErrorCode::NotOnline.into(),
        Error::NotMember(_) => ErrorCode::NotJoined.into(),
        Error::NotAllowed(_) | Error::NoApp(_) | Error::AppDisabled(_) => ErrorCode::NoPermission.into(),
        Error::Muted(_) => ErrorCode::Muted.into(),
        Error::TooManyMutes(_) => ErrorCode::TooManyMutes.into(),
        Error::Refused => ErrorCode::Refused.into(),
        Error::SuperGroup { .. } | Error::TooManyGroups(_) => ErrorCode::TooMany.into(),
        Error::TooManyMessageTypes(_) | Error::TooManyMemberTypes(_) | Error::Invalid(_) => {
            ErrorReply::invalid(error.to_string())
        }
        Error::Store(_)
        | Error::Sealed(_)
        // What only callers of the API, customer groups and the command line can meet.
        | Error::NobodyThere(_)
        | Error::NotAcknowledged(_)
        | Error::TooManyAwaited(_)
        | Error::TooManyApps(_)
        | Error::TooManyWords(_)
        | Error::NoChannel(_)
        | Error::ChannelOccupied(_)
        | Error::TooManyChannels(_)
        | Error::NoNumber(_)
        | Error::NumberTaken(_)
        | Error::NoMessage(_)
        | Error::InGroupsAlone
        | Error::MessageTooLong(_)
        | Error::TooManyMessages(_)
        | Error::NoInvite
        | Error::InviteRevoked
        | Error::GroupInactive(_)
        | Error::GroupFull(_)
        | Error::Removed(_)
        | Error::Channel(_)
        | Error::Exists(_)
        | Error::Missing(_) => {
            if let Some(untold) = FAILED.note() {
                tracing::error!(%error, untold, "a command failed");
            }
            ErrorCode::Internal.into()
        }
    }
}
