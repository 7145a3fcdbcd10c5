//! The bus of a single node: whoever publishes calls every listener, one after the other, on its own thread.
//!
//! There is no queue and no task, so a notice is delivered when [`publish`](Bus::publish) returns, the notices of one
//! caller arrive in its order, and nothing is lost. The price is the listeners' time, which is why they must not
//! block.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use muster_core::{
    bus::{Bus, BusError, Letter, Listener, NoReceipt, Notice, Question, Receipt},
    id::{GroupRef, NodeId},
};

use crate::listeners::Listeners;

/// The bus of a single node.
#[derive(Default)]
pub struct MemoryBus {
    listeners: Listeners,
    name: RwLock<Option<NodeId>>,
}

impl MemoryBus {
    /// A bus that nobody listens to yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether this node goes by a name.
    fn is(&self, node: &NodeId) -> bool {
        self.name.read().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(node)
    }
}

#[async_trait]
impl Bus for MemoryBus {
    /// Delivers at once; never fails.
    async fn publish(&self, notice: Notice) -> Result<(), BusError> {
        self.listeners.each(|listener| listener.notice(&notice));
        Ok(())
    }

    fn named(&self, node: &NodeId) {
        *self.name.write().unwrap_or_else(PoisonError::into_inner) = Some(node.clone());
    }

    /// Delivers at once to this node; there is no other.
    async fn send(&self, node: &NodeId, letter: Letter, _: Duration) -> Result<Receipt, NoReceipt> {
        if self.is(node) { Ok(self.listeners.hand_out(&letter)) } else { Err(NoReceipt::NoNode) }
    }

    /// Asks this node; there is no other.
    async fn ask(&self, node: &NodeId, question: Question, _: Duration) -> Result<Bytes, NoReceipt> {
        if !self.is(node) {
            return Err(NoReceipt::NoNode);
        }
        self.listeners.answer(&question).ok_or(NoReceipt::NotUnderstood)
    }

    fn listen(&self, listener: Arc<dyn Listener>) {
        self.listeners.add(listener);
    }

    /// Does nothing: with one node every notice is told where it is wanted, and whether a group has members here is
    /// what the listeners know anyway.
    fn follow(&self, _group: &GroupRef) {}

    /// Does nothing, as [`follow`](Bus::follow) did nothing.
    fn unfollow(&self, _group: &GroupRef) {}
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, OnceLock};

    use futures_util::FutureExt as _;
    use muster_core::{
        bus::ConnectionKey,
        id::{AppId, GroupId, UserId},
        time::Millis,
    };

    use super::*;

    #[derive(Default)]
    struct Log(Mutex<Vec<Notice>>);

    impl Listener for Log {
        fn notice(&self, notice: &Notice) {
            self.0.lock().unwrap().push(notice.clone());
        }
    }

    /// Publishing on this bus never waits.
    fn publish(bus: &MemoryBus, notice: Notice) {
        bus.publish(notice).now_or_never().unwrap().unwrap();
    }

    fn disabled(app: &str) -> Notice {
        Notice::AppDisabled { app: AppId::new(app).unwrap() }
    }

    #[test]
    fn every_listener_has_every_notice_in_order_when_publish_returns() {
        let bus = MemoryBus::new();
        let logs = [Arc::new(Log::default()), Arc::new(Log::default())];
        for log in &logs {
            bus.listen(log.clone());
        }
        let notices: Vec<_> = (0..10).map(|n| disabled(&format!("app-{n}"))).collect();
        for notice in &notices {
            publish(&bus, notice.clone());
        }
        for log in &logs {
            assert_eq!(*log.0.lock().unwrap(), notices);
        }
    }

    #[test]
    fn a_bus_without_listeners_takes_notices_all_the_same() {
        publish(&MemoryBus::new(), disabled("a"));
    }

    #[test]
    fn groups_need_not_be_followed_on_a_single_node() {
        let bus = MemoryBus::new();
        let log = Arc::new(Log::default());
        bus.listen(log.clone());
        let group = GroupRef::new(AppId::new("a").unwrap(), GroupId::new("g").unwrap());
        bus.follow(&group);
        bus.unfollow(&group);
        let left = Notice::Left { group, user: UserId::new("u").unwrap() };
        publish(&bus, left.clone());
        assert_eq!(*log.0.lock().unwrap(), [left]);
    }

    /// Holds one connection.
    struct Holder(ConnectionKey);

    impl Listener for Holder {
        fn notice(&self, _: &Notice) {}
        fn letter(&self, letter: &Letter) -> Option<Receipt> {
            let Letter::Commands { connection, .. } = letter else { return None };
            Some(if *connection == self.0 { Receipt::Full } else { Receipt::NoConnection })
        }
    }

    #[test]
    fn a_letter_reaches_this_node_by_the_name_that_it_has_now_and_by_no_other() {
        let bus = MemoryBus::new();
        let log = Arc::new(Log::default());
        bus.listen(log.clone());
        let [first, second] = ["first", "second"].map(|name| NodeId::new(name).unwrap());
        let send = |to: &NodeId, letter| bus.send(to, letter, Duration::ZERO).now_or_never().unwrap();
        let notice = || Letter::Notice(disabled("a"));
        assert_eq!(send(&first, notice()), Err(NoReceipt::NoNode));
        bus.named(&first);
        assert_eq!(send(&first, notice()), Ok(Receipt::Taken));
        bus.named(&second);
        assert_eq!(send(&first, notice()), Err(NoReceipt::NoNode));
        assert_eq!(send(&second, notice()), Ok(Receipt::Taken));
        assert_eq!(*log.0.lock().unwrap(), [disabled("a"), disabled("a")]);
        let commands = |key| Letter::Commands {
            connection: ConnectionKey::new(key),
            commands: Bytes::from_static(b"{}"),
        };
        assert_eq!(send(&second, commands("k")), Ok(Receipt::NoConnection), "nobody holds any");
        bus.listen(Arc::new(Holder(ConnectionKey::new("k"))));
        assert_eq!(send(&second, commands("k")), Ok(Receipt::Full));
        assert_eq!(send(&second, commands("other")), Ok(Receipt::NoConnection));
        assert!(!format!("{:?}", commands("sesame")).contains("sesame"), "a key is a secret");
    }

    /// Answers with the moment that it is asked about.
    struct Witness;

    impl Listener for Witness {
        fn notice(&self, _: &Notice) {}
        fn answer(&self, question: &Question) -> Option<Bytes> {
            let Question::Overview { since } = question;
            Some(since.0.to_string().into())
        }
    }

    #[test]
    fn this_node_is_asked_by_its_name_and_answers_by_whoever_can() {
        let bus = MemoryBus::new();
        let name = NodeId::new("first").unwrap();
        let question = Question::Overview { since: Millis(7) };
        let ask = || bus.ask(&name, question, Duration::ZERO).now_or_never().unwrap();
        assert_eq!(ask(), Err(NoReceipt::NoNode));
        bus.named(&name);
        bus.listen(Arc::new(Log::default()));
        assert_eq!(ask(), Err(NoReceipt::NotUnderstood), "nobody here deals with it");
        bus.listen(Arc::new(Witness));
        assert_eq!(ask(), Ok(Bytes::from_static(b"7")));
    }

    /// Publishes once more what it hears first, and adds a listener while it is being told.
    struct Echo(OnceLock<Arc<MemoryBus>>, Arc<Log>);

    impl Listener for Echo {
        fn notice(&self, notice: &Notice) {
            if *notice == disabled("first") {
                let bus = self.0.get().unwrap();
                bus.listen(self.1.clone());
                publish(bus, disabled("second"));
            }
        }
    }

    #[test]
    fn a_listener_may_publish_and_listen_while_it_is_told() {
        let (bus, log) = (Arc::new(MemoryBus::new()), Arc::new(Log::default()));
        let echo = Echo(OnceLock::new(), log.clone());
        let _ = echo.0.set(bus.clone());
        bus.listen(Arc::new(echo));
        publish(&bus, disabled("first"));
        assert_eq!(*log.0.lock().unwrap(), [disabled("second")]);
    }
}
