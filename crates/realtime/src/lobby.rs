//! What connections have sent that have not logged in: bounded for each, and over all.
//!
//! Over all, the bound must not be one that strangers can fill for everybody: where it is reached, the connection that
//! has kept an unfinished login for the longest makes room. An honest login arrives whole within a moment.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    hub::{Connection, ConnectionId},
    lock::{Mutex, locked},
    protocol::Disconnect,
};

/// The logins that are arriving.
#[derive(Debug)]
pub(crate) struct Lobby {
    arriving: Mutex<Arriving>,
    /// Bytes over all.
    budget: usize,
}

#[derive(Debug, Default)]
struct Arriving {
    bytes: usize,
    /// By id: the first has waited for the longest.
    connections: BTreeMap<ConnectionId, (Arc<Connection>, usize)>,
}

impl Lobby {
    pub(crate) fn new(budget: usize) -> Self {
        Self { arriving: Mutex::default(), budget }
    }

    /// Notes bytes that a connection has sent, and closes those that have waited for the longest while it is too much.
    pub(crate) fn note(&self, connection: &Arc<Connection>, bytes: usize) {
        let mut arriving = locked(&self.arriving);
        arriving.bytes += bytes;
        let (_, kept) =
            arriving.connections.entry(connection.id).or_insert_with(|| (Arc::clone(connection), 0));
        *kept += bytes;
        while arriving.bytes > self.budget {
            let Some((_, (longest, kept))) = arriving.connections.pop_first() else { break };
            arriving.bytes -= kept;
            longest.outbox.close(Disconnect::STALE);
        }
    }

    /// Forgets a connection: its login has arrived, or it is gone.
    pub(crate) fn leave(&self, id: ConnectionId) {
        let mut arriving = locked(&self.arriving);
        if let Some((_, kept)) = arriving.connections.remove(&id) {
            arriving.bytes -= kept;
        }
    }
}

/// One connection's account in the lobby, while it has not logged in.
#[derive(Debug)]
pub(crate) struct Guest {
    lobby: Arc<Lobby>,
    connection: Arc<Connection>,
    /// Bytes that it may send, and that it has sent.
    most: usize,
    sent: usize,
}

impl Guest {
    /// A connection that may send `most` bytes.
    pub(crate) fn new(lobby: Arc<Lobby>, connection: Arc<Connection>, most: usize) -> Self {
        Self { lobby, connection, most, sent: 0 }
    }

    /// Bytes that it may still send.
    pub(crate) fn left(&self) -> usize {
        self.most - self.sent
    }

    /// Bytes that it has sent.
    pub(crate) fn has_sent(&self) -> usize {
        self.sent
    }

    /// Notes bytes that were read; `false` when they are too many.
    pub(crate) fn sent(&mut self, bytes: usize) -> bool {
        if bytes > self.left() {
            return false;
        }
        self.sent += bytes;
        self.lobby.note(&self.connection, bytes);
        true
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.lobby.leave(self.connection.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Form;

    fn connection(id: ConnectionId) -> Arc<Connection> {
        Arc::new(Connection::new(id, Form::Json, 100))
    }

    fn closed(connection: &Connection) -> bool {
        connection.outbox.take(&mut Vec::new()).is_some()
    }

    #[test]
    fn where_the_budget_is_reached_the_longest_unfinished_login_makes_room() {
        let lobby = Arc::new(Lobby::new(100));
        let connections: Vec<_> = (1..=4).map(connection).collect();
        let mut guests: Vec<_> =
            connections.iter().map(|one| Guest::new(lobby.clone(), one.clone(), 60)).collect();
        assert!(guests[1].sent(50) && guests[0].sent(50));
        drop(guests.remove(0));
        assert!(guests[1].sent(40) && !connections.iter().any(|one| closed(one)));
        assert!(guests[2].sent(40));
        assert_eq!(
            connections.iter().map(|one| closed(one)).collect::<Vec<_>>(),
            [false, true, false, false]
        );
        assert!(!guests[2].sent(30), "more than one connection may send");
    }
}
