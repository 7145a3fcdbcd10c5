//! Customer groups and what they hang on. Few and rarely asked for: every call goes to the database.

use async_trait::async_trait;
use muster_core::{
    app::StringMap,
    chat::{
        BusinessNumber, Channel, ChannelChange, ChatGroup, ChatGroupChange, ChatGroupQuery, ChatGroupStatus,
        Invite, PhoneNumber, Removal, WebhookChange, WebhookOwner,
    },
    group::{Group, Page, Window},
    id::{AccountId, AppId, GroupRef},
    message::Positions,
    store::{Also, ChannelCreated, ChannelDeleted, Chats, NumberAdded, StoreResult},
    time::Millis,
    transfer::{ChatGroupRecord, InviteRecord, Kind, Record, TransferError},
};

use super::{
    Carried, Change, Database, Reading, Row, Tables, Transaction, Tried, Value,
    channels::{self, phone},
    misuse,
    table::{Parent, Stored, Table, find, insert, record_of, select, total},
    value::values,
};
use crate::codes::{Code, Unreadable};

pub(super) const CHAT_GROUPS: Carried = Carried::of::<ChatGroupRow>();
pub(super) const INVITES: Carried = Carried::of::<InviteRecord>();
pub(super) const REMOVALS: Carried = Carried::of::<Removal>();

/// What rows of a customer group hang on.
const CHAT_GROUP: Parent =
    Parent { table: "chat_group", what: "customer group of the", columns: &[("app", "app"), ("id", "id")] };

/// A customer group as it stands in its table: its invite is in another one.
pub(super) struct ChatGroupRow {
    chat: ChatGroup,
    /// The number of the group that its roster and its stream belong to: the order of creation.
    place: i64,
    status_since: Millis,
}

impl Stored for ChatGroupRow {
    const TABLE: Table = Table {
        name: "chat_group",
        what: "customer group",
        columns: &[
            "app",
            "id",
            "place",
            "number",
            "subject",
            "description",
            "picture",
            "status",
            "status_since",
            "created_at",
            "modified_at",
            "pending_subject",
            "pending_description",
            "pending_picture",
            "provider_id",
            "request_id",
        ],
        order: &["place"],
        parents: &[],
        group: Some(["app", "id"]),
        kind: Kind::ChatGroup,
    };

    fn values(&self) -> Vec<Value> {
        let chat = &self.chat;
        values![
            chat.at.app.as_str(),
            chat.at.group.as_str(),
            self.place,
            chat.number.as_str(),
            Value::free(&*chat.subject),
            Value::free(chat.description.as_deref()),
            Value::free(chat.picture.as_deref()),
            chat.status.code(),
            self.status_since,
            chat.created_at,
            chat.modified_at,
            Value::free(chat.pending.subject.as_deref()),
            Value::free(chat.pending.description.as_deref()),
            Value::free(chat.pending.picture.as_deref()),
            chat.provider_id.as_deref(),
            chat.request_id.as_deref(),
        ]
        .to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            chat: chat_group(row, None)?,
            place: row.number("place")?,
            status_since: row.millis("status_since")?,
        })
    }

    fn record(self, _: &mut dyn Reading) -> Tried<Record> {
        Ok(Record::ChatGroup(ChatGroupRecord { chat_group: self.chat, status_since: self.status_since }))
    }

    fn of_record(record: Record, tx: &mut dyn Transaction) -> Result<Option<Self>, TransferError> {
        let Record::ChatGroup(ChatGroupRecord { chat_group: chat, status_since }) = record else {
            return Ok(None);
        };
        match tx.group_number(&chat.at)? {
            Some(place) => Ok(Some(Self { chat, place, status_since })),
            None => Err(TransferError::orphan("group", format!("{}/{}", chat.at.app, chat.at.group))),
        }
    }

    fn name(&self) -> String {
        format!("{}/{}", self.chat.at.app, self.chat.at.group)
    }
}

impl Stored for InviteRecord {
    const TABLE: Table = Table {
        name: "invite",
        what: "invite",
        columns: &["code", "app", "id", "created_at", "revoked_at"],
        order: &["app", "id", "created_at", "code"],
        parents: &[CHAT_GROUP],
        group: Some(["app", "id"]),
        kind: Kind::Invite,
    };

    fn values(&self) -> Vec<Value> {
        let (app, group) = (self.at.app.as_str(), self.at.group.as_str());
        values![&self.code, app, group, self.created_at, self.revoked_at.map(|at| at.0)].to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            code: row.text("code")?.to_owned(),
            at: row.group_ref("app", "id")?,
            created_at: row.millis("created_at")?,
            revoked_at: row.optional_number("revoked_at")?.map(Millis),
        })
    }

    record_of!(Invite);

    fn name(&self) -> String {
        format!("of {}/{}", self.at.app, self.at.group)
    }
}

impl Stored for Removal {
    const TABLE: Table = Table {
        name: "removal",
        what: "removed participant",
        columns: &["app", "id", "number", "removed_at"],
        order: &["app", "id", "number"],
        parents: &[CHAT_GROUP],
        group: Some(["app", "id"]),
        kind: Kind::Removal,
    };

    fn values(&self) -> Vec<Value> {
        let (app, group) = (self.at.app.as_str(), self.at.group.as_str());
        values![app, group, self.number.as_str(), self.removed_at].to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            at: row.group_ref("app", "id")?,
            number: phone(row, "number")?,
            removed_at: row.millis("removed_at")?,
        })
    }

    record_of!(Removal);

    fn name(&self) -> String {
        format!("{} of {}/{}", self.number, self.at.app, self.at.group)
    }
}

fn chat_group(row: &Row, invite: Option<&str>) -> Result<ChatGroup, Unreadable> {
    Ok(ChatGroup {
        at: row.group_ref("app", "id")?,
        number: phone(row, "number")?,
        subject: row.text("subject")?.to_owned(),
        description: row.optional_text("description")?.map(str::to_owned),
        picture: row.optional_text("picture")?.map(str::to_owned),
        status: row.named("status")?,
        invite: invite.map(str::to_owned),
        pending: ChatGroupChange {
            subject: row.optional_text("pending_subject")?.map(str::to_owned),
            description: row.optional_text("pending_description")?.map(str::to_owned),
            picture: row.optional_text("pending_picture")?.map(str::to_owned),
        },
        provider_id: row.optional_text("provider_id")?.map(str::to_owned),
        request_id: row.optional_text("request_id")?.map(str::to_owned),
        created_at: row.millis("created_at")?,
        modified_at: row.millis("modified_at")?,
    })
}

/// What reads customer groups `c` with their invites: of each the one not revoked.
const CHAT_GROUPS_SQL: &str =
    "SELECT c.app, c.id, c.number, c.subject, c.description, c.picture, c.status, i.code,
       c.created_at, c.modified_at, c.pending_subject, c.pending_description, c.pending_picture, c.provider_id,
       c.request_id
     FROM chat_group c LEFT JOIN invite i ON i.app = c.app AND i.id = c.id AND i.revoked_at IS NULL";

fn chat_groups(reading: &mut dyn Reading, tail: &str, values: &[Value]) -> Tried<Vec<ChatGroup>> {
    let rows = reading.query(&format!("{CHAT_GROUPS_SQL} {tail}"), values)?;
    rows.iter().map(|row| Ok(chat_group(row, row.optional_text("code")?)?)).collect()
}

fn add_invite(tx: &mut dyn Transaction, at: &GroupRef, code: &str, created_at: Millis) -> Tried<()> {
    let invite = InviteRecord { code: code.to_owned(), at: at.clone(), created_at, revoked_at: None };
    if insert(tx, &invite)? { Ok(()) } else { misuse("there is an invite of this code already".into()) }
}

/// The roster's owner: a group that has nothing of its own to tell.
fn roster_owner(chat: &ChatGroup, epoch: &str) -> Group {
    Group {
        at: chat.at.clone(),
        number: 0,
        creator: None,
        admins: Vec::new(),
        name: None,
        info: None,
        extension: StringMap::new(),
        epoch: epoch.to_owned(),
        created_at: chat.created_at,
        deletion: None,
    }
}

fn create(tx: &mut dyn Transaction, chat: &ChatGroup, epoch: &str) -> Tried<bool> {
    if !channels::take(tx, &chat.at.app)? {
        return Ok(false);
    }
    if tx.group_number(&chat.at)?.is_some() {
        return misuse(format!("there is a group {} already", chat.at.group));
    }
    let place = tx.add_group(&roster_owner(chat, epoch))?;
    insert(tx, &ChatGroupRow { chat: chat.clone(), place, status_since: chat.created_at })?;
    chat.invite.as_ref().map_or(Ok(()), |code| add_invite(tx, &chat.at, code, chat.created_at))?;
    Ok(true)
}

fn list(reading: &mut dyn Reading, query: &ChatGroupQuery, window: Window) -> Tried<Page<ChatGroup>> {
    let condition =
        "c.app = $1 AND c.number = $2 AND ($3 IS NULL OR c.subject = $3) AND ($4 IS NULL OR c.status = $4)";
    let mut values = values![
        query.channel.as_str(),
        query.number.as_str(),
        Value::free(query.subject.as_deref()),
        Value::choice(query.status),
    ]
    .to_vec();
    let sql = format!("SELECT count(*) AS total FROM chat_group c WHERE {condition}");
    let total = total(reading, &sql, &values)?;
    values.extend([Value::count(window.limit as u64), Value::count(window.skip)]);
    // Counted and skipped in the index alone; only the rows of the page are read.
    let tail = format!(
        "WHERE c.app = $1 AND c.number = $2 AND c.place IN
           (SELECT c.place FROM chat_group c WHERE {condition} ORDER BY c.place DESC LIMIT $5 OFFSET $6)
         ORDER BY c.place DESC"
    );
    Ok(Page { entries: chat_groups(reading, &tail, &values)?, total })
}

/// Groups that wait in `$1`, `$2` or `$3` for no provider's report, since before `$4`, or by a clock that was ahead of `$5`.
const SETTLING: &str =
    "c.status IN ($1, $2, $3) AND (c.status_since < $4 OR c.status_since > $5) AND c.request_id IS NULL";

fn change(tx: &mut dyn Transaction, before: &ChatGroup, after: &ChatGroup) -> Tried<bool> {
    let values = values![
        before.at.app.as_str(),
        before.at.group.as_str(),
        before.status.code(),
        before.modified_at,
        Value::free(&*after.subject),
        Value::free(after.description.as_deref()),
        Value::free(after.picture.as_deref()),
        after.status.code(),
        after.modified_at,
        Value::free(after.pending.subject.as_deref()),
        Value::free(after.pending.description.as_deref()),
        Value::free(after.pending.picture.as_deref()),
        after.provider_id.as_deref(),
        after.request_id.as_deref(),
    ];
    let sql = "UPDATE chat_group SET subject = $5, description = $6, picture = $7,
          status_since = CASE WHEN status = $8 THEN status_since ELSE $9 END, status = $8, modified_at = $9,
          pending_subject = $10, pending_description = $11, pending_picture = $12, provider_id = $13, request_id = $14
        WHERE app = $1 AND id = $2 AND status = $3 AND modified_at = $4";
    Ok(tx.execute(sql, values)? > 0)
}

fn remove(tx: &mut dyn Transaction, at: &GroupRef) -> Tried<bool> {
    let of = values![at.app.as_str(), at.group.as_str()];
    for table in ["invite", "removal"] {
        tx.execute(&format!("DELETE FROM {table} WHERE app = $1 AND id = $2"), of)?;
    }
    Ok(tx.execute("DELETE FROM chat_group WHERE app = $1 AND id = $2", of)? > 0)
}

fn set_invite(tx: &mut dyn Transaction, at: &GroupRef, code: Option<&str>, now: Millis) -> Tried<bool> {
    let of = values![at.app.as_str(), at.group.as_str(), now];
    if tx.execute("UPDATE chat_group SET modified_at = $3 WHERE app = $1 AND id = $2", of)? == 0 {
        return Ok(false);
    }
    tx.execute("UPDATE invite SET revoked_at = $3 WHERE app = $1 AND id = $2 AND revoked_at IS NULL", of)?;
    code.map_or(Ok(()), |code| add_invite(tx, at, code, now))?;
    Ok(true)
}

#[async_trait]
impl<D: Database> Chats for Tables<D> {
    async fn create_channel(
        &self,
        channel: Channel,
        limit: Option<u64>,
        also: Also,
    ) -> StoreResult<ChannelCreated> {
        let epoch = self.epoch();
        let step =
            move |tx: &mut dyn Transaction| channels::create(tx, &channel, &epoch, limit).map(Change::when);
        let (created, positions) = self.database.write_also(also, step).await?;
        Ok(if created { ChannelCreated::Created(positions) } else { ChannelCreated::TooMany })
    }

    async fn change_channel(
        &self,
        id: &AppId,
        change: ChannelChange,
        also: Also,
    ) -> StoreResult<Option<Positions>> {
        let id = id.clone();
        self.database.write_if(also, move |tx| channels::change(tx, &id, &change)).await
    }

    async fn change_webhook(
        &self,
        of: &WebhookOwner,
        change: WebhookChange,
        also: Also,
    ) -> StoreResult<Option<Positions>> {
        let of = of.clone();
        self.database.write_if(also, move |tx| channels::change_webhook(tx, &of, &change)).await
    }

    async fn delete_channel(&self, id: &AppId, now: Millis, also: Also) -> StoreResult<ChannelDeleted> {
        let id = id.clone();
        let step = move |tx: &mut dyn Transaction| channels::delete(tx, &id, now);
        Ok(match self.database.write_also(also, step).await? {
            (ChannelDeleted::Done(_), positions) => ChannelDeleted::Done(positions),
            (not_deleted, _) => not_deleted,
        })
    }

    async fn channel(&self, id: &AppId) -> StoreResult<Option<Channel>> {
        let id = id.clone();
        self.database
            .read(move |reading| {
                find(reading, "WHERE t.app = $1 AND t.deleted_at IS NULL", values![id.as_str()])
            })
            .await
    }

    async fn channels(&self, account: &AccountId) -> StoreResult<Vec<Channel>> {
        let (account, tail) =
            (account.clone(), "WHERE t.account = $1 AND t.deleted_at IS NULL ORDER BY t.number");
        self.database.read(move |reading| select(reading, tail, values![account.as_str()])).await
    }

    async fn add_number(&self, number: BusinessNumber, also: Also) -> StoreResult<NumberAdded> {
        let step = move |tx: &mut dyn Transaction| channels::bind(tx, &number);
        Ok(match self.database.write_also(also, step).await? {
            (NumberAdded::Bound(_), positions) => NumberAdded::Bound(positions),
            (not_bound, _) => not_bound,
        })
    }

    async fn number(&self, number: &PhoneNumber) -> StoreResult<Option<BusinessNumber>> {
        let number = number.clone();
        self.database
            .read(move |reading| find(reading, "WHERE t.number = $1", values![number.as_str()]))
            .await
    }

    async fn numbers(&self, channel: &AppId) -> StoreResult<Vec<BusinessNumber>> {
        let (channel, tail) = (channel.clone(), "WHERE t.app = $1 ORDER BY t.place");
        self.database.read(move |reading| select(reading, tail, values![channel.as_str()])).await
    }

    async fn create_chat_group(&self, group: ChatGroup, also: Also) -> StoreResult<Option<Positions>> {
        let epoch = self.epoch();
        self.database.write_if(also, move |tx| create(tx, &group, &epoch)).await
    }

    async fn chat_group(&self, at: &GroupRef) -> StoreResult<Option<ChatGroup>> {
        let at = at.clone();
        let step = move |reading: &mut dyn Reading| {
            let of = values![at.app.as_str(), at.group.as_str()];
            Ok(chat_groups(reading, "WHERE c.app = $1 AND c.id = $2", of)?.into_iter().next())
        };
        self.database.read(step).await
    }

    async fn chat_groups(&self, query: &ChatGroupQuery, window: Window) -> StoreResult<Page<ChatGroup>> {
        let query = query.clone();
        self.database.snapshot(move |reading| list(reading, &query, window)).await
    }

    async fn settling_chat_groups(
        &self,
        until: Millis,
        now: Millis,
        limit: usize,
    ) -> StoreResult<Vec<ChatGroup>> {
        use ChatGroupStatus::{Creating, Deleting, Updating};
        let step = move |reading: &mut dyn Reading| {
            let (states, limit) =
                ([Creating, Updating, Deleting].map(Code::code), Value::count(limit as u64));
            let values = values![states[0], states[1], states[2], until, now, limit];
            chat_groups(reading, &format!("WHERE {SETTLING} ORDER BY c.place LIMIT $6"), values)
        };
        self.database.read(step).await
    }

    async fn change_chat_group(
        &self,
        before: &ChatGroup,
        after: ChatGroup,
        also: Also,
    ) -> StoreResult<Option<Positions>> {
        let before = before.clone();
        self.database.write_if(also, move |tx| change(tx, &before, &after)).await
    }

    async fn remove_chat_group(&self, at: &GroupRef, also: Also) -> StoreResult<Option<Positions>> {
        let at = at.clone();
        self.database.write_if(also, move |tx| remove(tx, &at)).await
    }

    async fn put_removal(&self, removal: Removal, also: Also) -> StoreResult<Positions> {
        let step = move |tx: &mut dyn Transaction| insert(tx, &removal).map(Change::when);
        Ok(self.database.write_also(also, step).await?.1)
    }

    async fn removal(&self, at: &GroupRef, number: &PhoneNumber) -> StoreResult<Option<Removal>> {
        let (at, number) = (at.clone(), number.clone());
        let step = move |reading: &mut dyn Reading| {
            let of = values![at.app.as_str(), at.group.as_str(), number.as_str()];
            find(reading, "WHERE t.app = $1 AND t.id = $2 AND t.number = $3", of)
        };
        self.database.read(step).await
    }

    async fn set_invite(
        &self,
        at: &GroupRef,
        code: Option<&str>,
        now: Millis,
        also: Also,
    ) -> StoreResult<Option<Positions>> {
        let (at, code) = (at.clone(), code.map(str::to_owned));
        self.database.write_if(also, move |tx| set_invite(tx, &at, code.as_deref(), now)).await
    }

    async fn invite(&self, code: &str) -> StoreResult<Option<Invite>> {
        // No code holds what PostgreSQL cannot be asked for.
        if code.contains('\0') {
            return Ok(None);
        }
        let code = code.to_owned();
        let step = move |reading: &mut dyn Reading| {
            let invite: Option<InviteRecord> = find(reading, "WHERE t.code = $1", values![&code])?;
            Ok(invite.map(|invite| Invite { at: invite.at, revoked: invite.revoked_at.is_some() }))
        };
        self.database.read(step).await
    }
}
