//! How nodes tell each other.
//!
//! The bus carries what is already decided and, where it must last, already stored: it may lose a notice, and whoever
//! listens finds a gap in a stream by its sequence numbers and fills it from the store.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    figure::Figure,
    id::{AppId, GroupRef, MessageId, NodeId, SessionRef, UserId},
    message::{Event, Sequence, StreamRef},
    time::Millis,
};

/// Something that other connections have to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// An event of a stream: stored when it has a position, told once otherwise.
    Published {
        /// Whose stream.
        stream: StreamRef,
        /// Its position, if it was stored.
        sequence: Option<Sequence>,
        /// What happened.
        event: Arc<Event>,
        /// When.
        at: Millis,
    },
    /// A user became a member.
    Joined {
        /// Of this group.
        group: GroupRef,
        /// Who.
        user: UserId,
        /// What the user said of itself.
        info: Option<Arc<str>>,
    },
    /// A member left or was removed.
    Left {
        /// This group.
        group: GroupRef,
        /// Who.
        user: UserId,
    },
    /// The operator took a user out of a group: a connection that held the membership loses it.
    TakenOut {
        /// This group.
        group: GroupRef,
        /// Who.
        user: UserId,
    },
    /// A user signed in: an earlier login of the same user ends.
    SignedIn {
        /// In this application.
        app: AppId,
        /// Who.
        user: UserId,
        /// The login that replaces the others.
        session: SessionRef,
    },
    /// Whoever sends this message to a user waits until the user has acknowledged it. Told before the message.
    AcknowledgementWanted {
        /// In this application.
        app: AppId,
        /// Whom the message is for.
        user: UserId,
        /// Its id.
        message: MessageId,
        /// The node that waits; `None` where it does not say, as those of an older version, and then every node is told.
        by: Option<NodeId>,
    },
    /// A user has acknowledged a message, as was wanted.
    Acknowledged {
        /// In this application.
        app: AppId,
        /// Who.
        user: UserId,
        /// Which.
        message: MessageId,
    },
    /// What is told of a user was changed, in all groups of an application that the user is in.
    UserInfoPut {
        /// In this application.
        app: AppId,
        /// Who.
        user: UserId,
        /// What is told from now on.
        info: Option<Arc<str>>,
    },
    /// Members of a group went whom nobody kept by name: its count changed.
    Recounted {
        /// This group.
        group: GroupRef,
    },
    /// An application was switched off or deleted: its connections end.
    AppDisabled {
        /// The application.
        app: AppId,
    },
    /// Accounts, keys or policies changed: read them again.
    DirectoryChanged,
}

/// What opens the way to one connection for requests beside it: a secret of its client and its node.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ConnectionKey(Arc<str>);

impl ConnectionKey {
    /// A key of this text, whoever made it up.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ConnectionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConnectionKey(…)")
    }
}

/// What is for one node alone.
#[derive(Clone, Debug, PartialEq)]
pub enum Letter {
    /// A notice that concerns no other.
    Notice(Notice),
    /// What the client of one of its connections says in a request to whichever node.
    Commands {
        /// Of this connection.
        connection: ConnectionKey,
        /// Commands in the connection's own form, as the client wrote them.
        commands: Bytes,
    },
}

/// What one node asks another of itself. It answers at once, out of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// How it does: what it has noted of itself after this moment.
    Overview {
        /// The moment, by the clock of the node that is asked.
        since: Millis,
    },
}

/// What became of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It was taken.
    Taken,
    /// The node has no such connection.
    NoConnection,
    /// As much waits for the connection as may.
    Full,
}

/// Why there is no receipt for a letter, or no answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoReceipt {
    /// No node goes by this name.
    #[error("no node goes by this name")]
    NoNode,
    /// The node, or the way to it, is slow. It may have arrived.
    #[error("no receipt came in time")]
    Late,
    /// The node is of a version that does not know such letters.
    #[error("the node does not know such letters")]
    NotUnderstood,
    /// It is larger than the bus can carry.
    #[error("it has {0} bytes, more than the bus carries")]
    TooLarge(usize),
    /// Other nodes cannot be reached now.
    #[error(transparent)]
    Bus(#[from] BusError),
}

/// Somebody who wants to know.
pub trait Listener: Send + Sync {
    /// Takes a notice. Must not block.
    fn notice(&self, notice: &Notice);
    /// Takes a letter to this node; what became of it, if it is one that this listener deals with. Must not block.
    fn letter(&self, letter: &Letter) -> Option<Receipt> {
        match letter {
            Letter::Notice(notice) => {
                self.notice(notice);
                Some(Receipt::Taken)
            }
            Letter::Commands { .. } => None,
        }
    }
    /// Answers another node, if it is a question that this listener deals with; what the bytes say is between the two of
    /// them, and versions apart. Must not block.
    fn answer(&self, _question: &Question) -> Option<Bytes> {
        None
    }
    /// Hears that a stream reaches a position, without the event that stands there: what is missing before it can be
    /// read from the store. Must not block.
    fn reached(&self, _stream: &StreamRef, _position: Sequence) {}
    /// Notices may have been lost until now, of any kind: whatever follows from them has to be looked up. Must not
    /// block.
    fn resumed(&self) {}
    /// Hears that the notices of a group arrive from now on, some time after [`follow`](Bus::follow): one told before
    /// may have been missed, so its position has to be looked up once. Must not block.
    fn followed(&self, _group: &GroupRef) {}
}

/// The bus could not carry a notice now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bus cannot be reached: {0}")]
pub struct BusError(pub String);

/// Carries notices to every node, this one included.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Tells a notice. Notices of one group reach a listener in the order told by one caller.
    async fn publish(&self, notice: Notice) -> Result<(), BusError>;
    /// This node goes by this name from now on, and by none that it had before.
    fn named(&self, node: &NodeId);
    /// Hands a letter to one node, which may be this one, and waits for what becomes of it, for so long at most. Letters
    /// that one caller sends to one node arrive in its order.
    ///
    /// # Errors
    /// Why there is no receipt: then the letter has not arrived, or nobody knows.
    async fn send(&self, node: &NodeId, letter: Letter, within: Duration) -> Result<Receipt, NoReceipt>;
    /// Asks one node, which may be this one, and waits for its answer, for so long at most.
    ///
    /// # Errors
    /// Why there is no answer. A bus that reaches nobody knows no node.
    async fn ask(&self, _node: &NodeId, _question: Question, _within: Duration) -> Result<Bytes, NoReceipt> {
        Err(NoReceipt::NoNode)
    }
    /// Adds a listener of this node.
    fn listen(&self, listener: Arc<dyn Listener>);
    /// This node has members of the group from now on: its notices are wanted.
    fn follow(&self, group: &GroupRef);
    /// This node has no more members of the group.
    fn unfollow(&self, group: &GroupRef);
    /// Why notices do not reach other nodes now; `None` while they do.
    fn fault(&self) -> Option<String> {
        None
    }
    /// What the bus counts about itself.
    fn figures(&self) -> Vec<Figure> {
        Vec::new()
    }
    /// Hands over what waits to be sent, within `deadline`, and takes nothing more.
    async fn close(&self, _deadline: Duration) {}
}
