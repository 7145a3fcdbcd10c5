//! A bus that can lose, hold back and swap notices.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use muster_core::{
    bus::{Bus, BusError, Letter, Listener, NoReceipt, Notice, Receipt},
    id::{GroupRef, NodeId},
    message::{Sequence, StreamRef},
};

#[derive(Default)]
pub(crate) struct TestBus {
    listeners: Mutex<Vec<Arc<dyn Listener>>>,
    mode: Mutex<Mode>,
    held: Mutex<Vec<Notice>>,
    followed: Mutex<Vec<GroupRef>>,
    name: Mutex<Option<NodeId>>,
}

#[derive(Clone, Copy, Default)]
enum Mode {
    #[default]
    Tell,
    Lose,
    Hold,
}

impl TestBus {
    /// Loses notices from now on.
    pub(crate) fn lose(&self) {
        *self.mode.lock().unwrap() = Mode::Lose;
    }

    /// Tells notices again and says that some may have been lost.
    pub(crate) fn resume(&self) {
        self.tell();
        for listener in self.listeners.lock().unwrap().clone() {
            listener.resumed();
        }
    }

    /// Says that a stream reaches a position.
    pub(crate) fn hint(&self, stream: &StreamRef, position: Sequence) {
        for listener in self.listeners.lock().unwrap().clone() {
            listener.reached(stream, position);
        }
    }

    /// Says that a group's notices arrive from now on.
    pub(crate) fn now_followed(&self, group: &GroupRef) {
        for listener in self.listeners.lock().unwrap().clone() {
            listener.followed(group);
        }
    }

    /// Keeps notices back from now on.
    pub(crate) fn hold(&self) {
        *self.mode.lock().unwrap() = Mode::Hold;
    }

    /// Tells notices again.
    pub(crate) fn tell(&self) {
        *self.mode.lock().unwrap() = Mode::Tell;
    }

    /// Tells what was kept back, last first and each twice.
    pub(crate) fn release_backwards(&self) {
        self.tell();
        let held = std::mem::take(&mut *self.held.lock().unwrap());
        for notice in held.iter().rev().chain(held.iter().rev()) {
            self.pass(notice);
        }
    }

    /// The groups whose notices are wanted.
    pub(crate) fn followed(&self) -> Vec<GroupRef> {
        self.followed.lock().unwrap().clone()
    }

    fn pass(&self, notice: &Notice) {
        for listener in self.listeners.lock().unwrap().clone() {
            listener.notice(notice);
        }
    }
}

#[async_trait]
impl Bus for TestBus {
    async fn publish(&self, notice: Notice) -> Result<(), BusError> {
        let mode = *self.mode.lock().unwrap();
        match mode {
            Mode::Tell => self.pass(&notice),
            Mode::Lose => {}
            Mode::Hold => self.held.lock().unwrap().push(notice),
        }
        Ok(())
    }

    fn named(&self, node: &NodeId) {
        *self.name.lock().unwrap() = Some(node.clone());
    }

    async fn send(&self, node: &NodeId, letter: Letter, _: Duration) -> Result<Receipt, NoReceipt> {
        if self.name.lock().unwrap().as_ref() != Some(node) {
            return Err(NoReceipt::NoNode);
        }
        let listeners = self.listeners.lock().unwrap().clone();
        let receipts: Vec<_> = listeners.iter().filter_map(|listener| listener.letter(&letter)).collect();
        Ok(receipts.first().copied().unwrap_or(Receipt::NoConnection))
    }

    fn listen(&self, listener: Arc<dyn Listener>) {
        self.listeners.lock().unwrap().push(listener);
    }

    fn follow(&self, group: &GroupRef) {
        self.followed.lock().unwrap().push(group.clone());
    }

    fn unfollow(&self, group: &GroupRef) {
        self.followed.lock().unwrap().retain(|followed| followed != group);
    }
}
