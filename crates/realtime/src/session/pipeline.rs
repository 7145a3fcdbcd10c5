//! Many messages of one client at once.
//!
//! What a client says goes into a *lane*, one for each stream that it says something to. A lane begins its messages one
//! after the other, in the order in which they came: the rules are asked at that moment, and the next is not begun before
//! the store has given this one its place. So the order in the stream follows from the queue, however long a moderation
//! service thinks about one of them. Nobody waits for a commit but the answer: what has its place is waited for together,
//! and so the store gathers many messages of one client into one commit. Lanes do not wait for each other.
//!
//! A message that is not stored has no place that could keep its order. It is begun when everything before it in its lane
//! is told, and what comes behind it waits likewise.
//!
//! Answers are given in the order of the commands of one stream, because it is known then that all before are durable too;
//! between streams in the order in which they are, so that one which is slow holds up no other. How many messages are
//! under way on a connection is bounded, and every other command waits until none is ([`Pipeline::settled`]): it sees what
//! was said before it.

use std::{collections::HashMap, pin::pin, sync::Arc};

use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{BoxFuture, ready},
    stream::FuturesOrdered,
};
use muster_core::id::GroupId;
use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use super::{
    Failure, Outcome,
    saying::{Said, Saying, To},
};
use crate::{
    hub::{Connection, Hub},
    lock::{Mutex, locked},
    protocol::{ErrorCode, ErrorReply, Reply, ReplyBody},
    rate::{Class, Rate},
};

/// What one connection says, on its way to the streams.
pub(super) struct Pipeline(Arc<Shared>);

/// What a connection's lanes share.
pub(super) struct Shared {
    pub(super) hub: Arc<Hub>,
    connection: Arc<Connection>,
    /// How fast the client talks.
    said: Rate,
    /// A place for each message that may be under way.
    places: Arc<Semaphore>,
    /// The lanes that have something to do.
    lanes: Mutex<HashMap<To, UnboundedSender<Waiting>>>,
}

/// A message that has a place and waits for its turn.
struct Waiting {
    id: u32,
    saying: Saying,
    place: OwnedSemaphorePermit,
}

impl Pipeline {
    pub(super) fn new(hub: Arc<Hub>, connection: Arc<Connection>) -> Self {
        let places = Arc::new(Semaphore::new(hub.config.messages_in_flight as usize));
        let (said, lanes) = (Rate::default(), Mutex::default());
        Self(Arc::new(Shared { hub, connection, said, places, lanes }))
    }

    /// Takes a message in once it has a place; its answer is queued when it is durable, or refused.
    pub(super) async fn enter(&self, id: u32, saying: Saying) {
        // Nobody closes the semaphore.
        let Ok(place) = Arc::clone(&self.0.places).acquire_owned().await else { return };
        let to = saying.to();
        let waiting = Waiting { id, saying, place };
        let mut lanes = locked(&self.0.lanes);
        if let Some(lane) = lanes.get(&to) {
            // Its receiver goes only after it was taken out of here.
            let _ = lane.send(waiting);
            return;
        }
        let (lane, queue) = unbounded_channel();
        let _ = lane.send(waiting);
        lanes.insert(to.clone(), lane);
        drop(lanes);
        tokio::spawn(Lane { shared: Arc::clone(&self.0), to, queue, underway: FuturesOrdered::new() }.run());
    }

    /// Waits until nothing is under way.
    pub(super) async fn settled(&self) {
        drop(self.0.places.acquire_many(self.0.hub.config.messages_in_flight).await);
    }

    /// How fast the client talks.
    pub(super) fn rate(&self) -> &Rate {
        &self.0.said
    }

    /// Counts something that this client wants of a group, unless there was too much.
    pub(super) fn pace(&self, group: &GroupId, class: Class) -> Result<(), ErrorReply> {
        self.0.pace()?;
        self.0.pace_group(group, class)
    }
}

impl Shared {
    /// Counts a message of this client, unless there were too many.
    pub(super) fn pace(&self) -> Result<(), ErrorReply> {
        let admitted = self.said.admits(self.hub.config.messages_per_client);
        if admitted { Ok(()) } else { Err(ErrorCode::TooFast.into()) }
    }

    /// Counts a message of this class to a group, unless the group got too many: then it is dropped.
    pub(super) fn pace_group(&self, group: &GroupId, class: Class) -> Result<(), ErrorReply> {
        let most = self.hub.config.messages_per_group;
        let feed = self.connection.subscribed(group);
        if feed.is_none_or(|feed| feed.said.admits_of(class, most)) {
            return Ok(());
        }
        self.hub.counters.dropped_one(class);
        Err(ErrorCode::TooFast.into())
    }

    fn answer(&self, Answer { id, outcome, place }: Answer) {
        let body = match outcome {
            Ok(body) => {
                self.hub.counters.messages_in.add(1);
                body
            }
            Err(Failure::Error(error)) => ReplyBody::Error(error),
            Err(Failure::Close(why)) => return self.connection.outbox.close(why),
        };
        self.connection.outbox.reply(self.connection.form.reply(&Reply { id, body }));
        drop(place);
    }
}

/// What a message has come to.
struct Answer {
    id: u32,
    outcome: Outcome,
    place: OwnedSemaphorePermit,
}

/// The messages of one connection to one stream. It lives in a task of its own while there are any, so that nobody drops
/// what it has begun.
struct Lane {
    shared: Arc<Shared>,
    to: To,
    queue: UnboundedReceiver<Waiting>,
    /// What has its place in the stream, in that order.
    underway: FuturesOrdered<BoxFuture<'static, Answer>>,
}

impl Lane {
    async fn run(mut self) {
        let connection = Arc::clone(&self.shared.connection);
        // Only a connection that has logged in says anything.
        let Some(identity) = connection.identity() else { return };
        let mut said = Said::new(identity);
        while let Some(waiting) = self.next(&mut said).await {
            // A connection at its end begins nothing more.
            if connection.outbox.has_ended() {
                continue;
            }
            let alone = waiting.saying.is_told_once();
            if alone {
                self.all_told().await;
            }
            self.begin(&mut said, waiting).await;
            if alone {
                self.all_told().await;
            }
        }
    }

    /// The next message to begin; `None` when there is none and none is under way, and then the lane is over.
    async fn next(&mut self, said: &mut Said<'_>) -> Option<Waiting> {
        loop {
            if let Ok(waiting) = self.queue.try_recv() {
                return Some(waiting);
            }
            said.paused();
            if self.underway.is_empty() {
                let mut lanes = locked(&self.shared.lanes);
                // Something may have come since.
                if self.queue.is_empty() {
                    lanes.remove(&self.to);
                    if lanes.is_empty() {
                        *lanes = HashMap::new();
                    }
                    return None;
                }
                continue;
            }
            tokio::select! {
                biased;
                Some(answer) = self.underway.next() => self.shared.answer(answer),
                Some(waiting) = self.queue.recv() => return Some(waiting),
            }
        }
    }

    /// Begins a message: it has its place when this returns, or was refused. What is under way goes on meanwhile.
    async fn begin(&mut self, said: &mut Said<'_>, Waiting { id, saying, place }: Waiting) {
        let shared = Arc::clone(&self.shared);
        let begun = {
            let mut beginning = pin!(said.begin(&shared, saying));
            loop {
                tokio::select! {
                    biased;
                    begun = &mut beginning => break begun,
                    Some(answer) = self.underway.next() => shared.answer(answer),
                }
            }
        };
        self.underway.push_back(match begun {
            Ok(durable) => durable.map(move |outcome| Answer { id, outcome, place }).boxed(),
            Err(failure) => ready(Answer { id, outcome: Err(failure), place }).boxed(),
        });
    }

    /// Waits until everything that was begun is told and answered.
    async fn all_told(&mut self) {
        while let Some(answer) = self.underway.next().await {
            self.shared.answer(answer);
        }
    }
}
