//! Rows of `entry` to insert.

use muster_core::{
    message::{Event, Message, Sequence},
    number::TypeCount,
    time::Millis,
};

use super::{database::Tx, fault::Fault, records::bigint, values::values};
use crate::codes::json;

/// Rows of `entry`, by column.
#[derive(Default)]
pub(super) struct Entries<'a> {
    apps: Vec<&'a str>,
    streams: Vec<i64>,
    sequences: Vec<i64>,
    at: Vec<i64>,
    kinds: Vec<Option<i64>>,
    ids: Vec<Option<&'a str>>,
    senders: Vec<Option<&'a str>>,
    infos: Vec<Option<&'a [u8]>>,
    bodies: Vec<Option<&'a [u8]>>,
    weights: Vec<Option<i64>>,
    levels: Vec<Option<i64>>,
    repeats: Vec<Option<i64>>,
    totals: Vec<Option<i64>>,
    cached: Vec<Option<bool>>,
    stored_at: Vec<Option<i64>>,
    chosen: Vec<Option<bool>>,
    events: Vec<Option<String>>,
}

impl<'a> Entries<'a> {
    /// Begins a row with its place; what stands there comes next.
    pub(super) fn push(&mut self, app: &'a str, stream: i64, sequence: Sequence) {
        self.apps.push(app);
        self.streams.push(stream);
        self.sequences.push(bigint(sequence));
    }

    /// Ends the row with a message; `chosen` says whether its sender chose its id.
    pub(super) fn push_message(
        &mut self,
        message: &'a Message,
        total: TypeCount,
        stored_at: Millis,
        chosen: bool,
    ) {
        self.at.push(message.at.0);
        self.kinds.push(Some(message.kind));
        self.ids.push(Some(message.id.as_str()));
        self.senders.push(Some(message.sender.user.as_str()));
        self.infos.push(message.sender.info.as_deref().map(str::as_bytes));
        self.bodies.push(Some(message.body.as_bytes()));
        self.weights.push(Some(message.weight.0));
        self.levels.push(Some(message.level.0));
        self.repeats.push(Some(bigint(message.repeat.get())));
        self.totals.push(Some(bigint(total.get())));
        self.cached.push(Some(message.cached));
        self.stored_at.push((stored_at != message.at).then_some(stored_at.0));
        self.chosen.push(chosen.then_some(true));
        self.events.push(None);
    }

    /// Ends the row with an event.
    pub(super) fn push_event(&mut self, event: &'a Event, at: Millis) {
        if let Event::Message(message) = event {
            return self.push_message(message, message.total, at, false);
        }
        self.at.push(at.0);
        self.kinds.push(None);
        self.ids.push(None);
        self.senders.push(None);
        self.infos.push(None);
        self.bodies.push(None);
        self.weights.push(None);
        self.levels.push(None);
        self.repeats.push(None);
        self.totals.push(None);
        self.cached.push(None);
        self.stored_at.push(None);
        self.chosen.push(None);
        self.events.push(Some(json(event)));
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.apps.is_empty()
    }

    /// Inserts them with one statement.
    pub(super) async fn insert(&self, tx: &Tx) -> Result<(), Fault> {
        if self.apps.is_empty() {
            return Ok(());
        }
        tx.execute(
            "INSERT INTO entry (app, stream, sequence, at, kind, message_id, sender, sender_info, body, weight, level,
               repeat, total, cached, stored_at, event, chosen)
             SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[],
               $7::text[], $8::bytea[], $9::bytea[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
               $14::boolean[], $15::bigint[], $16::text[], $17::boolean[])",
            values![
                self.apps,
                self.streams,
                self.sequences,
                self.at,
                self.kinds,
                self.ids,
                self.senders,
                self.infos,
                self.bodies,
                self.weights,
                self.levels,
                self.repeats,
                self.totals,
                self.cached,
                self.stored_at,
                self.events,
                self.chosen,
            ],
        )
        .await
        .map(|_| ())
    }
}
