//! Who waits on this node for what is said in customer groups is woken by it. A bell is shared by whatever happens to have the
//! same one, so whoever is woken looks whether there is something new. What is said on another node rings none here:
//! those who wait look from time to time as well.

use std::hash::{BuildHasher as _, RandomState};

use tokio::sync::{Notify, futures::Notified};

use crate::{
    chat::{ChatGroup, PhoneNumber},
    chat_message::{ChatMessage, Conversation},
    id::AppId,
};

/// How many bells there are.
const BELLS: usize = 256;

/// The bells of a node.
pub(super) struct Bells {
    bells: Vec<Notify>,
    hasher: RandomState,
}

impl Default for Bells {
    fn default() -> Self {
        Self { bells: (0..BELLS).map(|_| Notify::new()).collect(), hasher: RandomState::new() }
    }
}

impl Bells {
    fn bell(&self, channel: &AppId, conversation: &Conversation) -> &Notify {
        let hash = self.hasher.hash_one((channel, conversation));
        &self.bells[usize::try_from(hash % BELLS as u64).unwrap_or(0)]
    }

    /// A message is there, or has changed.
    pub(super) fn ring(&self, message: &ChatMessage) {
        self.bell(&message.channel, &message.conversation).notify_waiters();
    }

    /// What wakes a participant of a group: what is said there, and what is said to the participant alone. It hears what
    /// rings from now on.
    pub(super) fn hear(&self, group: &ChatGroup, participant: &PhoneNumber) -> [Notified<'_>; 2] {
        let there = Conversation::Group(group.at.group.clone());
        let alone = Conversation::Person(participant.clone());
        [there, alone].map(|conversation| self.bell(&group.at.app, &conversation).notified())
    }
}
