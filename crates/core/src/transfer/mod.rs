//! Everything that lasts, as records that any store gives and any store takes.
//!
//! A store's records come in the order of [`Kind::ALL`]: what a record names has come before it. They hold what a store
//! answers, not how it keeps it: no keys of rows, no counts that follow from other records. Logins, and memberships that
//! are a connection, end with the server and are not carried. Secrets stay sealed.
//!
//! In a file each record is a line of JSON; the first line is a [`Header`], and after the records come their [`Counts`]. So a
//! file that was cut off is told from a whole one, and an import can prove that it took everything. The last line is the
//! authentication code of all before it, so a file that was edited is told too: nobody makes himself more than he is.

mod bounds;
mod counts;
mod error;
mod kinds;
mod line;
mod record;

use async_trait::async_trait;

pub use self::{
    bounds::BeyondBounds,
    counts::{Counts, Kind},
    error::TransferError,
    line::{FILE_PURPOSE, FIRST_SIGNED_FORMAT, FORMAT, Header, Line, LineError},
    record::{
        AppRecord, Attachment, ChannelRecord, ChatGroupRecord, GroupRecord, InviteRecord, MemberRecord,
        MessageCount, Record, RoleAttachment, StreamEntry, UserStream,
    },
};

/// A part of what a [`Source`] gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Records, after those given before.
    Records(Vec<Record>),
    /// That was all: how many there were, as counted by who wrote them.
    End(Counts),
}

/// Where an export's records go.
#[async_trait]
pub trait Sink: Send {
    /// Takes records, after those given before.
    async fn put(&mut self, records: Vec<Record>) -> Result<(), TransferError>;
}

/// Where an import's records come from.
#[async_trait]
pub trait Source: Send {
    /// The next part. An end is given once, and only when nothing is missing before it.
    async fn next(&mut self) -> Result<Part, TransferError>;
}

/// A store whose content can be carried to another one. Nobody else may use the store meanwhile.
#[async_trait]
pub trait Portable: Send + Sync {
    /// How many records there are of each kind, counted by the store.
    ///
    /// # Errors
    /// [`TransferError::InUse`] when nodes run on the store, [`TransferError::Store`] when it cannot do its work.
    async fn census(&self) -> Result<Counts, TransferError>;

    /// Gives everything that lasts to `sink`, as of one moment and in bounded memory; how many records it gave.
    ///
    /// # Errors
    /// As [`census`](Self::census), and those of the sink.
    async fn export(&self, sink: &mut dyn Sink) -> Result<Counts, TransferError>;

    /// Takes everything that `source` gives, in bounded memory, and keeps it only if it is whole: if the counts at the
    /// end are those that the store then counts itself. After an error the store is as empty as before.
    ///
    /// # Errors
    /// As [`census`](Self::census), those of the source, and [`TransferError::NotEmpty`],
    /// [`TransferError::Orphan`], [`TransferError::Differs`] as their descriptions say.
    async fn import(&self, source: &mut dyn Source) -> Result<Counts, TransferError>;
}
