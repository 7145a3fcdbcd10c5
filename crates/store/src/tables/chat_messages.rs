//! What is said through business numbers. A message is written once and read by whoever has not seen it yet; readers go by
//! places, which rise with the messages of a channel because each takes the channel's turn.

use async_trait::async_trait;
use muster_core::{
    chat::{ChatGroup, PhoneNumber},
    chat_message::{Author, ChatMessage, ChatMessageQuery, Content, Conversation, Pace, Place, Since},
    group::Window,
    id::{AppId, GroupId, GroupRef, MessageId},
    message::Positions,
    store::{Also, ChatMessageAdded, ChatMessages, StoreResult, Stretch},
    time::Millis,
    transfer::Kind,
};

use super::{
    Carried, Change, Database, Reading, Row, Tables, Transaction, Tried, Value,
    channels::{self, phone},
    misuse,
    table::{Parent, Stored, Table, exists, find, insert, record_of, select, total},
    value::values,
};
use crate::codes::{Code as _, Unreadable};

pub(super) const CHAT_MESSAGES: Carried = Carried::of::<ChatMessage>();

/// Messages whose reactions are asked for by one statement.
const ASKED_AT_ONCE: usize = 32;
/// What stands for a direction. It never changes: databases hold it.
const INBOUND: &str = "up";
const OUTBOUND: &str = "down";

/// Removes up to `$2` messages that were taken before `$1`.
pub(crate) const PURGE_OLD_MESSAGES: &str = "DELETE FROM chat_message WHERE (app, place) IN
      (SELECT app, place FROM chat_message WHERE at < $1 ORDER BY at LIMIT $2)";

fn direction(inbound: bool) -> &'static str {
    if inbound { INBOUND } else { OUTBOUND }
}

impl Stored for ChatMessage {
    const TABLE: Table = Table {
        name: "chat_message",
        what: "message of a business number",
        columns: &[
            "app",
            "id",
            "number",
            "grp",
            "person",
            "name",
            "direction",
            "content",
            "reply_to",
            "task",
            "status",
            "fault",
            "provider_id",
            "at",
            "reacts_to",
            "pins",
        ],
        order: &["place"],
        // Neither its number nor its group has to be there still.
        parents: &[Parent { table: "channel", what: "channel of the", columns: &[("app", "app")] }],
        group: Some(["app", "grp"]),
        kind: Kind::ChatMessage,
    };

    fn values(&self) -> Vec<Value> {
        let name = match &self.author {
            Author::Business => None,
            Author::Person { name, .. } => name.as_deref(),
        };
        // Found by these, and read from the content.
        let (reacts_to, pins) = match &self.content {
            Content::Reaction { message, .. } => (Some(message.as_str()), None),
            Content::Pin { message, .. } => (None, Some(message.as_str())),
            _ => (None, None),
        };
        values![
            self.channel.as_str(),
            self.id.as_str(),
            self.number.as_str(),
            self.group().map(GroupId::as_str),
            self.person().map(PhoneNumber::as_str),
            Value::free(name),
            direction(self.author.is_person()),
            Value::free(&*self.content.to_form()),
            self.reply_to.as_ref().map(MessageId::as_str),
            Value::free(self.task.as_deref()),
            self.status.code(),
            Value::free(self.fault.as_deref()),
            self.provider_id.as_deref(),
            self.at,
            reacts_to,
            pins,
        ]
        .to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        let person = row.optional_text("person")?.map(|_| phone(row, "person")).transpose()?;
        let inbound = match row.text("direction")? {
            INBOUND => true,
            OUTBOUND => false,
            other => return Err(Unreadable::new("direction", &other)),
        };
        let nobody = || Unreadable::new("person", &"nothing stands there");
        let conversation = match row.optional_text("grp")? {
            Some(_) => Conversation::Group(row.id("grp", GroupId::new)?),
            None => Conversation::Person(person.clone().ok_or_else(nobody)?),
        };
        let author = match inbound {
            false => Author::Business,
            true => Author::Person {
                number: person.ok_or_else(nobody)?,
                name: row.optional_text("name")?.map(str::to_owned),
            },
        };
        Ok(Self {
            id: row.id("id", MessageId::new)?,
            channel: row.id("app", AppId::new)?,
            number: phone(row, "number")?,
            conversation,
            author,
            content: Content::of_form(row.text("content")?),
            reply_to: row
                .optional_text("reply_to")?
                .map(|_| row.id("reply_to", MessageId::new))
                .transpose()?,
            task: row.optional_text("task")?.map(str::to_owned),
            status: row.named("status")?,
            fault: row.optional_text("fault")?.map(str::to_owned),
            provider_id: row.optional_text("provider_id")?.map(str::to_owned),
            at: row.millis("at")?,
        })
    }

    record_of!(ChatMessage);

    fn name(&self) -> String {
        format!("{} of {}", self.id, self.channel)
    }
}

/// Whether a message's author has written as many as a person may. Looked at are the last ones alone.
fn is_too_fast(tx: &mut dyn Transaction, message: &ChatMessage, pace: Pace) -> Tried<bool> {
    let sql = "SELECT count(*) AS total FROM (SELECT m.at FROM chat_message m
          WHERE m.app = $1 AND m.person = $2 AND m.direction = $3 ORDER BY m.place DESC LIMIT $4) latest
        WHERE latest.at > $5";
    let person = message.person().map(PhoneNumber::as_str);
    let values = values![message.channel.as_str(), person, INBOUND, Value::count(pace.most), pace.since];
    Ok(total(tx, sql, values)? >= pace.most)
}

fn add(
    tx: &mut dyn Transaction,
    message: &ChatMessage,
    pace: Option<Pace>,
) -> Tried<Change<ChatMessageAdded>> {
    if !channels::take(tx, &message.channel)? {
        return Ok(Change::nothing(ChatMessageAdded::NoChannel));
    }
    if let Some(group) = message.group()
        && !exists(
            tx,
            "chat_group WHERE app = $1 AND id = $2",
            values![message.channel.as_str(), group.as_str()],
        )?
    {
        return Ok(Change::nothing(ChatMessageAdded::NoGroup));
    }
    if let Some(pace) = pace
        && is_too_fast(tx, message, pace)?
    {
        return Ok(Change::nothing(ChatMessageAdded::TooMany));
    }
    match insert(tx, message)? {
        true => Ok(Change::made(ChatMessageAdded::Added(Positions::new()))),
        false => misuse(format!("there is a message {} already", message.id)),
    }
}

fn change(tx: &mut dyn Transaction, before: &ChatMessage, after: &ChatMessage) -> Tried<bool> {
    let values = values![
        before.channel.as_str(),
        before.id.as_str(),
        before.status.code(),
        after.status.code(),
        Value::free(after.fault.as_deref()),
        after.provider_id.as_deref(),
    ];
    let sql = "UPDATE chat_message SET status = $4, fault = $5, provider_id = $6
        WHERE app = $1 AND id = $2 AND status = $3";
    Ok(tx.execute(sql, values)? > 0)
}

fn list(reading: &mut dyn Reading, query: &ChatMessageQuery, window: Window) -> Tried<Vec<ChatMessage>> {
    let tail = "WHERE t.app = $1 AND t.number = $2 AND ($3 IS NULL OR t.direction = $3)
          AND ($4 IS NULL OR t.grp = $4 OR t.person = $4) AND ($5 IS NULL OR t.status = $5)
          AND ($6 IS NULL OR t.at >= $6) AND ($7 IS NULL OR t.at <= $7)
        ORDER BY t.place DESC LIMIT $8 OFFSET $9";
    let filter = &query.filter;
    let values = values![
        query.channel.as_str(),
        query.number.as_str(),
        filter.inbound.map(direction),
        filter.other.as_deref(),
        Value::choice(filter.status),
        filter.from.map(|at| at.0),
        filter.until.map(|at| at.0),
        Value::count(window.limit as u64),
        Value::count(window.skip),
    ];
    select(reading, tail, values)
}

/// A message as its reader finds it.
struct Placed(Place, ChatMessage);

fn stretch_of(
    reading: &mut dyn Reading,
    condition: &str,
    mut values: Vec<Value>,
    stretch: Stretch,
    limit: usize,
) -> Tried<Vec<Placed>> {
    let (side, bound, order) = match stretch {
        Stretch::After(place) => (">", place, "ASC"),
        Stretch::Before(place) => ("<", place, "DESC"),
        Stretch::Latest => (">", 0, "DESC"),
    };
    values.extend([Value::from(bound), Value::count(limit as u64)]);
    let (at, most) = (values.len() - 1, values.len());
    let tail = format!("WHERE {condition} AND place {side} ${at} ORDER BY place {order} LIMIT ${most}");
    placed(reading, &tail, &values)
}

fn placed(reading: &mut dyn Reading, tail: &str, values: &[Value]) -> Tried<Vec<Placed>> {
    let columns = ChatMessage::TABLE.columns.join(", ");
    let rows = reading.query(&format!("SELECT place, {columns} FROM chat_message {tail}"), values)?;
    rows.iter().map(|row| Ok(Placed(row.number("place")?, ChatMessage::read(row)?))).collect()
}

/// The same in the order of the places.
fn in_order(mut found: Vec<Placed>) -> Vec<(Place, ChatMessage)> {
    found.sort_by_key(|Placed(place, _)| *place);
    found.into_iter().map(|Placed(place, message)| (place, message)).collect()
}

fn reactions(
    reading: &mut dyn Reading,
    channel: &AppId,
    messages: &[MessageId],
    limit: usize,
) -> Tried<Vec<(Place, ChatMessage)>> {
    let names: Vec<_> = (0..ASKED_AT_ONCE).map(|n| format!("${}", n + 3)).collect();
    let tail = format!("WHERE app = $1 AND reacts_to IN ({}) ORDER BY place DESC LIMIT $2", names.join(", "));
    let mut found = Vec::new();
    for some in messages.chunks(ASKED_AT_ONCE) {
        // As many each time, so that there is one statement: the last stands for those that are too few.
        let padded = some.iter().chain(std::iter::repeat(&some[some.len() - 1])).take(ASKED_AT_ONCE);
        let mut values = values![channel.as_str(), Value::count(limit as u64)].to_vec();
        values.extend(padded.map(|id| Value::from(id.as_str())));
        found.extend(placed(reading, &tail, &values)?);
    }
    Ok(in_order(found))
}

fn pins(
    reading: &mut dyn Reading,
    at: &GroupRef,
    since: Millis,
    limit: usize,
) -> Tried<Vec<(Place, ChatMessage)>> {
    let tail = "WHERE app = $1 AND grp = $2 AND pins IS NOT NULL AND at >= $3 ORDER BY place DESC LIMIT $4";
    let values = values![at.app.as_str(), at.group.as_str(), since, Value::count(limit as u64)];
    Ok(in_order(placed(reading, tail, values)?))
}

/// What a participant of a group sees. Asked for in two parts, each of which one index answers.
fn conversation(
    reading: &mut dyn Reading,
    group: &ChatGroup,
    participant: &PhoneNumber,
    since: Since,
    stretch: Stretch,
    limit: usize,
) -> Tried<Vec<(Place, ChatMessage)>> {
    let app = group.at.app.as_str();
    let of_group = values![app, group.at.group.as_str()].to_vec();
    let mut found = stretch_of(reading, "app = $1 AND grp = $2", of_group, stretch, limit)?;
    let alone = values![app, participant.as_str(), group.number.as_str(), since.place, since.at.0].to_vec();
    let condition = "app = $1 AND person = $2 AND number = $3 AND (place > $4 OR at >= $5) AND grp IS NULL";
    found.extend(stretch_of(reading, condition, alone, stretch, limit)?);
    let found = in_order(found);
    let surplus = found.len().saturating_sub(limit);
    let skip = if matches!(stretch, Stretch::After(_)) { 0 } else { surplus };
    Ok(found.into_iter().skip(skip).take(limit).collect())
}

#[async_trait]
impl<D: Database> ChatMessages for Tables<D> {
    async fn add_chat_message(
        &self,
        message: ChatMessage,
        pace: Option<Pace>,
        also: Also,
    ) -> StoreResult<ChatMessageAdded> {
        let step = move |tx: &mut dyn Transaction| add(tx, &message, pace);
        Ok(match self.database.write_also(also, step).await? {
            (ChatMessageAdded::Added(_), positions) => ChatMessageAdded::Added(positions),
            (not_added, _) => not_added,
        })
    }

    async fn chat_message(&self, channel: &AppId, id: &MessageId) -> StoreResult<Option<ChatMessage>> {
        let (channel, id) = (channel.clone(), id.clone());
        let step = move |reading: &mut dyn Reading| {
            find(reading, "WHERE t.app = $1 AND t.id = $2", values![channel.as_str(), id.as_str()])
        };
        self.database.read(step).await
    }

    async fn provided_chat_message(&self, channel: &AppId, id: &str) -> StoreResult<Option<ChatMessage>> {
        let (channel, id) = (channel.clone(), id.to_owned());
        let step = move |reading: &mut dyn Reading| {
            find(reading, "WHERE t.app = $1 AND t.provider_id = $2", values![channel.as_str(), &id])
        };
        self.database.read(step).await
    }

    async fn change_chat_message(
        &self,
        before: &ChatMessage,
        after: ChatMessage,
        also: Also,
    ) -> StoreResult<Option<Positions>> {
        let before = before.clone();
        self.database.write_if(also, move |tx| change(tx, &before, &after)).await
    }

    async fn chat_messages(&self, query: &ChatMessageQuery, window: Window) -> StoreResult<Vec<ChatMessage>> {
        let query = query.clone();
        self.database.read(move |reading| list(reading, &query, window)).await
    }

    async fn conversation(
        &self,
        group: &ChatGroup,
        participant: &PhoneNumber,
        since: Since,
        stretch: Stretch,
        limit: usize,
    ) -> StoreResult<Vec<(Place, ChatMessage)>> {
        let (group, participant) = (group.clone(), participant.clone());
        let step = move |reading: &mut dyn Reading| {
            conversation(reading, &group, &participant, since, stretch, limit)
        };
        self.database.snapshot(step).await
    }

    async fn chat_message_place(&self, channel: &AppId, id: &MessageId) -> StoreResult<Option<Place>> {
        let (channel, id) = (channel.clone(), id.clone());
        let sql = "SELECT place FROM chat_message WHERE app = $1 AND id = $2";
        let step = move |reading: &mut dyn Reading| {
            let rows = reading.query(sql, values![channel.as_str(), id.as_str()])?;
            Ok(rows.first().map(|row| row.number("place")).transpose()?)
        };
        self.database.read(step).await
    }

    async fn reactions(
        &self,
        channel: &AppId,
        messages: &[MessageId],
        limit: usize,
    ) -> StoreResult<Vec<(Place, ChatMessage)>> {
        let (channel, messages) = (channel.clone(), messages.to_vec());
        let step = move |reading: &mut dyn Reading| reactions(reading, &channel, &messages, limit);
        self.database.snapshot(step).await
    }

    async fn pins(
        &self,
        at: &GroupRef,
        since: Millis,
        limit: usize,
    ) -> StoreResult<Vec<(Place, ChatMessage)>> {
        let at = at.clone();
        self.database.read(move |reading| pins(reading, &at, since, limit)).await
    }
}
