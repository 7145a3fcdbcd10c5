//! What the tasks and the callers of the bus share: how to send, and what is counted.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_nats::{Client, Message, Request, client::RequestErrorKind};
use bytes::Bytes;
use futures_util::FutureExt as _;
use muster_core::{
    bus::{BusError, Letter, NoReceipt, Notice, Question, Receipt},
    complaint::LineLimit,
    figure::Figure,
    id::NodeId,
    message::{Sequence, StreamRef},
};

use super::{
    hints::Hints,
    link::{self, Link},
    subject::{Reach, Subjects},
    wire::{self, Content, Head, SenderId},
    wishes::Wishes,
};
use crate::listeners::Listeners;

/// Positions of users' streams told in one message: far below what NATS carries in one, and one write for many.
const POSITIONS_AT_ONCE: usize = 256;
/// Of messages that this version does not know, one in so much time has a line of the log.
const UNKNOWN_EVERY: Duration = Duration::from_secs(60);

/// Counted from the start of the process.
#[derive(Debug, Default)]
struct Counters {
    published: AtomicU64,
    letters: AtomicU64,
    received: AtomicU64,
    dropped: AtomicU64,
    unknown: AtomicU64,
    hints: AtomicU64,
    resumes: AtomicU64,
}

/// What comes of what another node has sent.
enum Heard {
    /// What became of it; `None` where this version does not know it.
    Receipt(Option<Receipt>),
    /// The answer to a question.
    Answer(Bytes),
}

/// The bus without its tasks.
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) subjects: Subjects,
    sender: SenderId,
    pub(super) listeners: Listeners,
    pub(super) wishes: Wishes,
    /// The name that letters to this node bear.
    name: Mutex<NodeId>,
    pub(super) hints: Hints,
    pub(super) link: Arc<Link>,
    /// Something was not sent that no position will reveal: others have to be told.
    pub(super) untold_loss: AtomicBool,
    /// Another node has told that something of its was lost.
    pub(super) peer_lost: AtomicBool,
    pub(super) closed: AtomicBool,
    counters: Counters,
    unknown_lines: LineLimit,
}

impl Shared {
    pub(super) fn new(
        client: Client,
        subjects: Subjects,
        sender: SenderId,
        node: &NodeId,
        link: Arc<Link>,
    ) -> Self {
        Self {
            name: Mutex::new(node.clone()),
            client,
            subjects,
            sender,
            listeners: Listeners::default(),
            wishes: Wishes::default(),
            hints: Hints::default(),
            link,
            untold_loss: AtomicBool::new(false),
            peer_lost: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            counters: Counters::default(),
            unknown_lines: LineLimit::new(1, UNKNOWN_EVERY),
        }
    }

    /// Hands a notice to NATS, without waiting.
    pub(super) fn send(&self, notice: &Notice) -> Result<(), BusError> {
        let stored = match notice {
            Notice::Published { stream, sequence: Some(position), .. } => Some((stream, *position)),
            _ => None,
        };
        // Also when it is not sent: the position is told again until it was sent.
        let hinted = stored.is_some_and(|(stream, position)| self.hints.note(stream, position));
        let sent = self.encode_and_hand_over(notice, stored);
        match &sent {
            Ok(()) => count(&self.counters.published),
            Err(_) => {
                count(&self.counters.dropped);
                if !hinted {
                    self.untold_loss.store(true, Ordering::Relaxed);
                }
            }
        }
        sent
    }

    fn encode_and_hand_over(
        &self,
        notice: &Notice,
        stored: Option<(&StreamRef, Sequence)>,
    ) -> Result<(), BusError> {
        if let Some(fault) = self.why_not() {
            return Err(BusError(fault));
        }
        let bytes = wire::notice(self.sender, notice).map_err(|error| BusError(error.to_string()))?;
        let subject = self.subjects.of(Reach::of(notice));
        let most = self.client.max_payload();
        match stored {
            _ if bytes.len() <= most => self.hand_over(subject, bytes),
            Some((stream, position)) => self.tell_reached(subject, &[(stream.clone(), position)]),
            None => {
                Err(BusError(format!("a notice of {} bytes is more than the {most} of NATS", bytes.len())))
            }
        }
    }

    fn tell_reached(&self, subject: String, streams: &[(StreamRef, Sequence)]) -> Result<(), BusError> {
        let bytes = wire::reached(self.sender, streams).map_err(|error| BusError(error.to_string()))?;
        self.hand_over(subject, bytes)
    }

    fn hand_over(&self, subject: String, bytes: Vec<u8>) -> Result<(), BusError> {
        // It waits only while the queue to the connection is full. The budget that Tokio gives a task would make it
        // wait without need.
        let publish = tokio::task::unconstrained(self.client.publish(subject, bytes.into()));
        match publish.now_or_never() {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(BusError(error.to_string())),
            None => Err(BusError("more waits to be sent than may wait".to_owned())),
        }
    }

    /// The name that letters to this node bear.
    pub(super) fn name(&self) -> NodeId {
        self.lock_name().clone()
    }

    /// Takes another name; false when it is the one that it has.
    pub(super) fn rename(&self, node: &NodeId) -> bool {
        let mut name = self.lock_name();
        let news = *name != *node;
        name.clone_from(node);
        news
    }

    fn lock_name(&self) -> MutexGuard<'_, NodeId> {
        self.name.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a letter to another node, and waits for its receipt for so long at most.
    pub(super) async fn post(
        &self,
        node: &NodeId,
        letter: &Letter,
        within: Duration,
    ) -> Result<Receipt, NoReceipt> {
        let bytes = wire::letter(self.sender, letter).map_err(|error| BusError(error.to_string()))?;
        match self.request(node, bytes, within).await? {
            Content::Receipt(receipt) => receipt,
            _ => Err(NoReceipt::NotUnderstood),
        }
    }

    /// Asks another node, and waits for its answer for so long at most.
    pub(super) async fn ask(
        &self,
        node: &NodeId,
        question: Question,
        within: Duration,
    ) -> Result<Bytes, NoReceipt> {
        let bytes = wire::question(self.sender, question).map_err(|error| BusError(error.to_string()))?;
        match self.request(node, bytes, within).await? {
            Content::Told(answer) => Ok(answer),
            Content::Receipt(Err(why)) => Err(why),
            _ => Err(NoReceipt::NotUnderstood),
        }
    }

    /// Sends something to one node, and waits for what comes back for so long at most.
    async fn request(&self, node: &NodeId, bytes: Vec<u8>, within: Duration) -> Result<Content, NoReceipt> {
        if let Some(fault) = self.why_not() {
            return Err(BusError(fault).into());
        }
        let (size, subject) = (bytes.len(), self.subjects.of(Reach::Node(node)));
        let request = Request::new().payload(bytes.into()).timeout(Some(within));
        // The library counts the time from when the request has left the queue.
        let answer = tokio::time::timeout(within, self.client.send_request(subject, request)).await;
        let answer = answer.map_err(|_| NoReceipt::Late)?.map_err(|error| match error.kind() {
            RequestErrorKind::NoResponders => NoReceipt::NoNode,
            RequestErrorKind::TimedOut => NoReceipt::Late,
            RequestErrorKind::MaxPayloadExceeded => NoReceipt::TooLarge(size),
            _ => BusError(error.to_string()).into(),
        })?;
        count(&self.counters.letters);
        wire::decode(&answer.payload).map(|(_, content)| content).map_err(|_| NoReceipt::NotUnderstood)
    }

    /// Tells once more how far streams are. What cannot be sent now is told in a later round.
    pub(super) fn remind(&self) {
        if !link::is_up(&self.client) {
            return;
        }
        let mut of_users = Vec::new();
        for (stream, position) in self.hints.round() {
            match Reach::of_stream(&stream) {
                Reach::All => of_users.push((stream, position)),
                reach => {
                    let subject = self.subjects.of(reach);
                    self.hint(subject, &[(stream, position)]);
                }
            }
        }
        for streams in of_users.chunks(POSITIONS_AT_ONCE) {
            self.hint(self.subjects.of(Reach::All), streams);
        }
    }

    fn hint(&self, subject: String, streams: &[(StreamRef, Sequence)]) {
        match self.tell_reached(subject, streams) {
            Ok(()) => count(&self.counters.hints),
            Err(error) => {
                tracing::debug!(%error, "a position was not told");
                self.untold_loss.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Tells every node that notices of this one may have been lost, if that is so.
    pub(super) fn confess(&self) {
        if self.untold_loss.swap(false, Ordering::Relaxed)
            && self.hand_over(self.subjects.of(Reach::All), wire::lost(self.sender)).is_err()
        {
            self.untold_loss.store(true, Ordering::Relaxed);
        }
    }

    /// Takes a message of another node, and says what became of it where that is asked.
    pub(super) fn receive(&self, message: &Message) {
        let answer = match wire::decode(&message.payload) {
            // The server sends nothing back on the connection that it came from; but after a change of servers
            // something sent on the old one may arrive on the new one.
            Ok((sender, _)) if sender == self.sender => return,
            Ok((_, content)) => {
                count(&self.counters.received);
                self.hear(content)
            }
            Err(error) => {
                self.pass_over(&error.to_string());
                Heard::Receipt(None)
            }
        };
        if let Some(reply) = &message.reply {
            let answered = self
                .answered(answer)
                .map_err(|error| BusError(error.to_string()))
                .and_then(|bytes| self.hand_over(reply.to_string(), bytes));
            if let Err(error) = answered {
                tracing::debug!(%error, "a receipt was not sent: whoever waits for it goes on without");
            }
        }
    }

    /// Counts a message that this version does not know; that others run a later one is no reason for many lines.
    fn pass_over(&self, what: &str) {
        count(&self.counters.unknown);
        if let Some(untold) = self.unknown_lines.note() {
            tracing::info!(
                ?what,
                untold,
                "messages of other nodes are not known to this version and passed over"
            );
        }
    }

    /// What is sent back to whoever waits.
    fn answered(&self, heard: Heard) -> Result<Vec<u8>, serde_json::Error> {
        match heard {
            Heard::Receipt(receipt) => wire::receipt(self.sender, receipt),
            Heard::Answer(answer) => {
                let bytes = wire::told(self.sender, &answer);
                let size = bytes.len();
                if size <= self.client.max_payload() { Ok(bytes) } else { wire::too_large(self.sender, size) }
            }
        }
    }

    /// Passes on what another node says.
    fn hear(&self, content: Content) -> Heard {
        match content {
            Content::Notice(notice) => self.listeners.each(|listener| listener.notice(&notice)),
            Content::Reached(streams) => self.hear_positions(&streams),
            Content::Letter(letter) => return Heard::Receipt(Some(self.listeners.hand_out(&letter))),
            Content::Question(question) => {
                return self.listeners.answer(&question).map_or(Heard::Receipt(None), Heard::Answer);
            }
            // They are waited for elsewhere, and answer nothing here.
            Content::Receipt(_) | Content::Told(_) => {}
            Content::Unknown(Head { name, reached }) => {
                self.pass_over(&name);
                self.hear_positions(reached.as_slice());
                return Heard::Receipt(None);
            }
            Content::Lost => {
                self.peer_lost.store(true, Ordering::Relaxed);
                self.link.stirred.notify_one();
            }
        }
        Heard::Receipt(Some(Receipt::Taken))
    }

    fn hear_positions(&self, streams: &[(StreamRef, Sequence)]) {
        self.listeners.each(|listener| {
            streams.iter().for_each(|(stream, position)| listener.reached(stream, *position));
        });
    }

    /// Tells the listeners that anything may have been lost until now.
    pub(super) fn resume(&self) {
        count(&self.counters.resumes);
        self.listeners.each(|listener| listener.resumed());
    }

    /// Sends what waits, and ends the connection.
    pub(super) async fn finish(&self) {
        if !link::is_up(&self.client) {
            return;
        }
        // Nobody will tell the last positions in a second.
        self.remind();
        self.confess();
        link::probe(&self.client, &self.subjects).await;
        if let Err(error) = self.client.drain().await {
            tracing::debug!(%error, "the connection to NATS was gone already");
        }
    }

    fn why_not(&self) -> Option<String> {
        if self.closed.load(Ordering::Relaxed) {
            Some("the node is stopping".to_owned())
        } else {
            self.fault()
        }
    }

    /// Why other nodes are not reached.
    pub(super) fn fault(&self) -> Option<String> {
        (!link::is_up(&self.client)).then(|| format!("NATS cannot be reached: {}", self.link.reason()))
    }

    pub(super) fn figures(&self) -> Vec<Figure> {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counters { published, letters, received, dropped, unknown, hints, resumes } = &self.counters;
        let reconnects = link::connections(&self.client).saturating_sub(1);
        vec![
            Figure::counter("bus_published", "Notices handed to NATS.", value(published)),
            Figure::counter(
                "bus_letters",
                "Letters and questions to other nodes that were answered.",
                value(letters),
            ),
            Figure::counter("bus_received", "Messages of other nodes.", value(received)),
            Figure::counter("bus_dropped", "Notices that could not be handed to NATS.", value(dropped)),
            Figure::counter("bus_overruns", "Messages of other nodes dropped unread.", self.link.overruns()),
            Figure::counter(
                "bus_unknown",
                "Messages of other nodes of which this version knows the head alone, or nothing.",
                value(unknown),
            ),
            Figure::counter("bus_hints", "Messages that told positions of streams again.", value(hints)),
            Figure::counter("bus_resumes", "Times that everything had to be looked up.", value(resumes)),
            Figure::counter("bus_reconnects", "Connections to NATS after the first.", reconnects),
            Figure::gauge("bus_followed_groups", "Groups followed.", self.wishes.count() as u64),
            Figure::gauge("bus_connected", "1 while NATS is reached.", u64::from(link::is_up(&self.client))),
        ]
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
