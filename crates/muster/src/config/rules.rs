//! The bounds of what the rules of the domain decide: super groups, customer groups, counts.

use muster_core::limits::Limits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MILLIS_PER_DAY;

/// Whether a super group's members are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Listing {
    /// As in the cloud: 420 until everybody has left.
    #[default]
    Refuse,
    /// At any size.
    Serve,
}

/// Super groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SuperGroupConfig {
    /// `refuse` answers a listing as the cloud does, with 420 SuperLargeGroup; `serve` lists a group of any size.
    pub(crate) listing: Listing,
    /// Users above which a group becomes a super group.
    pub(crate) threshold: u64,
}

impl Default for SuperGroupConfig {
    fn default() -> Self {
        Self { listing: Listing::Refuse, threshold: Limits::default().super_group_threshold }
    }
}

/// Customer groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CamsConfig {
    /// Participants of a group.
    pub(crate) max_participants: u64,
    /// Characters of a message, of the business or of a participant.
    pub(crate) message_characters: usize,
    /// Messages that a participant may write in a minute, in all groups of a channel together.
    pub(crate) messages_per_minute: u64,
    /// Days for which a participant keeps a seat in a group's room without coming there.
    pub(crate) seat_days: u32,
    /// Whether whoever gives the number of somebody who is in a group gets into the room in their place. Nobody proves a
    /// number: anybody who has the link could write in another's name. Without it a room opens in the browser that joined.
    pub(crate) seats_by_number: bool,
    /// Whether a business is told what becomes of its groups (made, changed, deleted, suspended; who came, went or was
    /// removed; links), at the address at which it is told what becomes of its messages. The cloud tells nothing of the kind.
    pub(crate) group_events: bool,
    /// Messages that a room shows at once; it begins with the latest.
    pub(crate) room_messages: usize,
    /// Seconds for which a room's request for news is held until there is some.
    pub(crate) room_wait_seconds: u32,
    /// Milliseconds after which a held request looks for what was said by way of other nodes.
    pub(crate) room_look_millis: u32,
    /// Requests for news that are held at once; the pages of others ask every three seconds.
    pub(crate) room_waits: usize,
    /// Pictures from other hosts that are fetched for rooms at once: readers do not show themselves there. With 0 none are,
    /// and rooms show their addresses.
    pub(crate) room_pictures: usize,
    /// Bytes of such a picture.
    pub(crate) room_picture_bytes: usize,
    /// Bytes of a file that is put onto the server for messages to name, at most 1073741824.
    pub(crate) file_bytes: usize,
    /// Bytes of all files of a channel.
    pub(crate) file_bytes_per_channel: u64,
    /// Days that such a file is kept, at most 3650.
    pub(crate) file_days: u32,
}

impl Default for CamsConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            max_participants: limits.chat_participants,
            message_characters: limits.chat_message_characters,
            messages_per_minute: limits.chat_messages_per_minute,
            seat_days: u32::try_from(limits.chat_seat_millis / MILLIS_PER_DAY).unwrap_or(u32::MAX),
            seats_by_number: limits.chat_seats_by_number,
            group_events: limits.chat_group_events,
            room_messages: 100,
            room_wait_seconds: 20,
            room_look_millis: 1_000,
            room_waits: 10_000,
            room_pictures: 32,
            room_picture_bytes: 5 << 20,
            file_bytes: limits.chat_file_bytes,
            file_bytes_per_channel: limits.chat_file_bytes_per_channel,
            file_days: u32::try_from(limits.chat_file_millis / MILLIS_PER_DAY).unwrap_or(u32::MAX),
        }
    }
}

/// Bounds of applications and groups; 0 means none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsConfig {
    /// Applications of each generation in an account.
    pub(crate) apps_per_account: u64,
    /// Existing groups of a generation 2 application.
    pub(crate) groups_per_app: u64,
    /// CAMS channels in an account.
    pub(crate) channels_per_account: u64,
    /// Message types that a generation 2 group may see. The last third is the operator's: a member's message begins none of
    /// them.
    pub(crate) message_types_per_group: usize,
    /// Message types that a generation 1 group may see, likewise.
    pub(crate) generation_1_message_types_per_group: usize,
    /// Users of a group that may be muted one by one or spared, together. All of them are told with each change.
    pub(crate) mutes_per_group: usize,
    /// Entries of an application's word list.
    pub(crate) words_per_app: u64,
    /// Milliseconds that `SendLiveMessageUser` with `HighReliability` waits for the receiver's acknowledgement. Never within
    /// half a second of the end of `gateway.handler_seconds`, so that the caller is told what became of it.
    pub(crate) acknowledgement_millis: u64,
    /// Such calls that may wait at a time, of each server; one more is answered that the service is unavailable.
    pub(crate) acknowledgements_awaited: usize,
    /// Seconds that an access token of generation 1 is good for.
    pub(crate) access_token_seconds: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let domain = Limits::default();
        Self {
            apps_per_account: domain.apps_per_account.unwrap_or(0),
            groups_per_app: domain.groups_per_app.unwrap_or(0),
            channels_per_account: domain.channels_per_account.unwrap_or(0),
            message_types_per_group: domain.message_types_per_group,
            generation_1_message_types_per_group: domain.generation_1_message_types_per_group,
            mutes_per_group: domain.mutes_per_group,
            words_per_app: domain.words_per_app,
            acknowledgement_millis: domain.acknowledgement_millis,
            acknowledgements_awaited: domain.acknowledgements_awaited,
            access_token_seconds: u32::try_from(domain.access_token_millis / 1000).unwrap_or(u32::MAX),
        }
    }
}
