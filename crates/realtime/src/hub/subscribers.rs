//! The connections that follow one stream, in one piece of memory that a broadcast walks.

use std::{collections::HashMap, sync::Arc};

use super::{
    connection::{Connection, ConnectionId},
    encoded::Told,
};

/// Connections in no particular order. Adding and removing take the same time however many there are.
#[derive(Debug, Default)]
pub(crate) struct Subscribers {
    list: Vec<Arc<Connection>>,
    places: HashMap<ConnectionId, usize>,
}

impl Subscribers {
    pub(crate) fn add(&mut self, connection: &Arc<Connection>) {
        if let std::collections::hash_map::Entry::Vacant(place) = self.places.entry(connection.id) {
            place.insert(self.list.len());
            self.list.push(Arc::clone(connection));
        }
    }

    pub(crate) fn remove(&mut self, id: ConnectionId) -> bool {
        let Some(place) = self.places.remove(&id) else { return false };
        self.list.swap_remove(place);
        if let Some(moved) = self.list.get(place) {
            self.places.insert(moved.id, place);
        }
        true
    }

    /// Puts a publication of this channel into every queue, in the connection's form; into how many.
    pub(crate) fn publish(&self, channel: &str, told: &Told) -> u64 {
        for connection in &self.list {
            connection.outbox.publish(told.frame(connection.form, channel).clone());
        }
        self.list.len() as u64
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.list.iter()
    }

    pub(crate) fn take(&mut self) -> Vec<Arc<Connection>> {
        self.places = HashMap::new();
        std::mem::take(&mut self.list)
    }
}
