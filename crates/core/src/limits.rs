//! The domain's bounds. Each is the cloud's documented figure by default, and the operator's to change.

use crate::moderation::AuditBounds;

/// Whether one more fits where there are `taken`, and may be `limit`.
#[must_use]
pub fn has_room(taken: u64, limit: Option<u64>) -> bool {
    limit.is_none_or(|limit| taken < limit)
}

/// What happens when the members of a super group are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SuperListing {
    /// The cloud's way: refused until everybody has left.
    #[default]
    Refuse,
    /// Listed at any size.
    Serve,
}

/// Which nonces a generation 2 login may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nonces {
    /// Those that are seen: `AK-` and letters, digits or `_`; a UUID.
    #[default]
    Documented,
    /// Any text. Then users whose ids begin alike can log in as one another.
    Any,
}

/// Bounds that the rules apply. `None` means unbounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Applications of one generation that an account may have (documented: 300, generation 2).
    pub apps_per_account: Option<u64>,
    /// Existing groups of a generation 2 application (documented: 5,000).
    pub groups_per_app: Option<u64>,
    /// Channels of customer groups that an account may have.
    pub channels_per_account: Option<u64>,
    /// Message types that a generation 2 group may see (documented: 30). The last third is the operator's alone.
    pub message_types_per_group: usize,
    /// Message types that a generation 1 group may see, likewise.
    pub generation_1_message_types_per_group: usize,
    /// Entries of an application's word list.
    pub words_per_app: u64,
    /// How applications' moderation services are asked.
    pub moderation: AuditBounds,
    /// Users above which a generation 2 group becomes a super group (documented: 2,000).
    pub super_group_threshold: u64,
    /// Whether a super group lists its members.
    pub super_group_listing: SuperListing,
    /// Users of a group that may be muted one by one or spared, together: all of them are told with each change.
    pub mutes_per_group: usize,
    /// Participants of a customer group (WhatsApp's figure: 8, the business not counted).
    pub chat_participants: u64,
    /// Characters of a message in a customer group or to a single person (WhatsApp's figure: 4,096).
    pub chat_message_characters: usize,
    /// Messages that a participant of a customer group may write in a minute.
    pub chat_messages_per_minute: u64,
    /// How long a participant keeps a seat in a customer group without coming to its room, in milliseconds.
    pub chat_seat_millis: i64,
    /// Whether whoever gives the number of somebody who is in a customer group takes their seat: numbers are not proven.
    pub chat_seats_by_number: bool,
    /// Whether businesses are told what becomes of their customer groups, which no documentation knows.
    pub chat_group_events: bool,
    /// How long a call waits for a receiver's acknowledgement, in milliseconds (documented: 3 s).
    pub acknowledgement_millis: u64,
    /// Calls of this process that may wait for one at a time.
    pub acknowledgements_awaited: usize,
    /// Bytes of a file that is put onto the server for a channel (WhatsApp's figure for videos: 16 MB).
    pub chat_file_bytes: usize,
    /// Bytes of all files of a channel.
    pub chat_file_bytes_per_channel: u64,
    /// How long such a file is kept, in milliseconds.
    pub chat_file_millis: i64,
    /// How long an access token of generation 1 is good for, in milliseconds (documented sample: 24 hours).
    pub access_token_millis: i64,
    /// How far ahead the expiry of a generation 2 login may lie, in milliseconds.
    pub login_ahead_millis: i64,
    /// Which nonces such a login may have.
    pub login_nonces: Nonces,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            apps_per_account: Some(300),
            groups_per_app: Some(5_000),
            channels_per_account: Some(100),
            message_types_per_group: 30,
            generation_1_message_types_per_group: 1_000,
            words_per_app: 10_000,
            moderation: AuditBounds::default(),
            super_group_threshold: 2_000,
            super_group_listing: SuperListing::Refuse,
            mutes_per_group: 500,
            chat_participants: 8,
            chat_message_characters: 4_096,
            chat_messages_per_minute: 30,
            chat_seat_millis: 30 * 86_400_000,
            chat_seats_by_number: false,
            chat_group_events: false,
            acknowledgement_millis: 2_500,
            acknowledgements_awaited: 10_000,
            chat_file_bytes: 16 << 20,
            chat_file_bytes_per_channel: 1 << 30,
            chat_file_millis: 30 * 86_400_000,
            access_token_millis: 86_400_000,
            login_ahead_millis: 7 * 86_400_000,
            login_nonces: Nonces::Documented,
        }
    }
}
