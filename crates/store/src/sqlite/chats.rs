//! Customer groups and what they hang on. Few and rarely asked for: every call goes to the database.

use std::sync::Arc;

use async_trait::async_trait;
use muster_core::{
    app::StringMap,
    chat::{BusinessNumber, Channel, ChatGroup, ChatGroupQuery, ChatGroupStatus, Invite, PhoneNumber},
    group::{Group, Page, Window},
    id::{AccountId, AppId, GroupId, GroupRef},
    store::{Chats, StoreResult},
    time::Millis,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    SqliteStore,
    apps::{EPOCH_LENGTH, bounds, insert_space},
    fault::{fault, misuse},
    groups::{find_group, insert_group},
    records::{self, CHAT_GROUP_COLUMNS},
    spaces::Space,
    writer::{Subject, Tx},
};
use crate::codes::Code;

/// The tables of [`CHAT_GROUP_COLUMNS`]. A group's invite is the one not revoked.
pub(super) const CHAT_GROUP_TABLES: &str =
    "chat_group c JOIN \"group\" g ON g.key = c.key JOIN space s ON s.key = g.space_key
     LEFT JOIN invite i ON i.group_key = c.key AND i.revoked_at IS NULL";

pub(super) const NUMBER_COLUMNS: &str =
    "n.number, n.created_at, s.id FROM business_number n JOIN space s ON s.key = n.channel_key";

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

fn create(tx: &mut Tx<'_>, channel: i64, chat: &ChatGroup, epoch: &str) -> StoreResult<()> {
    if find_group(tx.read(), channel, chat.at.group.as_str()).map_err(fault)?.is_some() {
        return misuse(format!("there is a group {} already", chat.at.group));
    }
    let key = insert_group(tx, channel, &roster_owner(chat, epoch), None)?;
    insert_chat_group(tx, key, channel, chat, chat.created_at)?;
    match &chat.invite {
        Some(code) => insert_invite(tx, key, code, chat.created_at, None),
        None => Ok(()),
    }
}

/// Adds a customer group to the group of this key. Invites are added apart.
pub(super) fn insert_chat_group(
    tx: &Tx<'_>,
    key: i64,
    channel: i64,
    chat: &ChatGroup,
    status_since: Millis,
) -> StoreResult<()> {
    tx.execute(
        "INSERT INTO chat_group (key, channel_key, number, subject, description, picture, status, status_since,
           created_at, modified_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            key,
            channel,
            chat.number.as_str(),
            chat.subject,
            chat.description,
            chat.picture,
            chat.status.code(),
            status_since.0,
            chat.created_at.0,
            chat.modified_at.0,
        ],
    )
    .map(|_| ())
}

/// Adds a channel to the space of this key.
pub(super) fn insert_channel(tx: &Tx<'_>, key: i64, channel: &Channel) -> StoreResult<()> {
    tx.execute(
        "INSERT INTO channel (key, account, name, created_at) VALUES (?1, ?2, ?3, ?4)",
        params![key, channel.account.as_str(), channel.name, channel.created_at.0],
    )
    .map(|_| ())
}

/// Binds a number to a channel; `false` when it is bound already.
pub(super) fn insert_number(tx: &Tx<'_>, channel: i64, number: &BusinessNumber) -> StoreResult<bool> {
    let rows = tx.execute(
        "INSERT INTO business_number (number, channel_key, created_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (number) DO NOTHING",
        params![number.number.as_str(), channel, number.created_at.0],
    )?;
    Ok(rows > 0)
}

/// Adds an invite code.
pub(super) fn insert_invite(
    tx: &Tx<'_>,
    group: i64,
    code: &str,
    created_at: Millis,
    revoked_at: Option<Millis>,
) -> StoreResult<()> {
    tx.execute(
        "INSERT INTO invite (code, group_key, created_at, revoked_at) VALUES (?1, ?2, ?3, ?4)",
        params![code, group, created_at.0, revoked_at.map(|at| at.0)],
    )
    .map(|_| ())
}

fn set_invite(tx: &Tx<'_>, at: &GroupRef, code: Option<&str>, now: Millis) -> StoreResult<bool> {
    let key: Option<i64> = tx
        .read()
        .prepare_cached(
            "SELECT c.key FROM space s JOIN \"group\" g ON g.space_key = s.key AND g.id = ?2
             JOIN chat_group c ON c.key = g.key WHERE s.id = ?1",
        )
        .and_then(|mut query| {
            query.query_row([at.app.as_str(), at.group.as_str()], |row| row.get(0)).optional()
        })
        .map_err(fault)?;
    let Some(key) = key else { return Ok(false) };
    tx.execute(
        "UPDATE invite SET revoked_at = ?2 WHERE group_key = ?1 AND revoked_at IS NULL",
        [key, now.0],
    )?;
    if let Some(code) = code {
        insert_invite(tx, key, code, now, None)?;
    }
    tx.execute("UPDATE chat_group SET modified_at = ?2 WHERE key = ?1", [key, now.0])?;
    Ok(true)
}

fn advance(
    tx: &mut Tx<'_>,
    from: ChatGroupStatus,
    to: ChatGroupStatus,
    until: Millis,
    at: Millis,
) -> StoreResult<Vec<GroupRef>> {
    let sql = "SELECT c.key, s.id AS space_id, g.id FROM chat_group c JOIN \"group\" g ON g.key = c.key
               JOIN space s ON s.key = g.space_key
               WHERE c.status = ?1 AND (c.status_since < ?2 OR c.status_since > ?3) ORDER BY c.key";
    let due: Vec<(i64, GroupRef)> = tx
        .read()
        .prepare_cached(sql)
        .and_then(|mut query| {
            query
                .query_map(params![from.code(), until.0, at.0], |row| {
                    let app = records::id(row, "space_id", AppId::new)?;
                    Ok((row.get("key")?, GroupRef::new(app, records::id(row, "id", GroupId::new)?)))
                })?
                .collect()
        })
        .map_err(fault)?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    tx.atomically(|tx| move_on(tx, &due, to, at))?;
    Ok(due.into_iter().map(|(_, at)| at).collect())
}

fn move_on(tx: &Tx<'_>, due: &[(i64, GroupRef)], to: ChatGroupStatus, at: Millis) -> StoreResult<()> {
    for (key, _) in due {
        tx.execute(
            "UPDATE chat_group SET status = ?2, status_since = ?3, modified_at = ?3 WHERE key = ?1",
            params![key, to.code(), at.0],
        )?;
    }
    Ok(())
}

fn list(
    connection: &Connection,
    query: &ChatGroupQuery,
    window: Window,
) -> rusqlite::Result<Page<ChatGroup>> {
    let condition = "c.channel_key = (SELECT key FROM space WHERE id = ?1) AND c.number = ?2
         AND (?3 IS NULL OR c.subject = ?3) AND (?4 IS NULL OR c.status = ?4)";
    let status = query.status.map(Code::code);
    let values = params![query.channel.as_str(), query.number.as_str(), query.subject, status];
    // Counted and skipped in the index alone; only the rows of the page are read.
    let total = connection
        .prepare_cached(&format!("SELECT count(*) FROM chat_group c WHERE {condition}"))?
        .query_row(values, |row| row.get(0))?;
    let sql = format!(
        "SELECT {CHAT_GROUP_COLUMNS} FROM {CHAT_GROUP_TABLES}
         WHERE c.key IN (SELECT c.key FROM chat_group c WHERE {condition} ORDER BY c.key DESC LIMIT ?5 OFFSET ?6)
         ORDER BY c.key DESC"
    );
    let (limit, skip) = bounds(window);
    let values = params![query.channel.as_str(), query.number.as_str(), query.subject, status, limit, skip];
    let entries =
        connection.prepare_cached(&sql)?.query_map(values, records::chat_group)?.collect::<Result<_, _>>()?;
    Ok(Page { entries, total })
}

#[async_trait]
impl Chats for SqliteStore {
    async fn create_channel(&self, channel: Channel) -> StoreResult<()> {
        self.open_still()?;
        let epoch = self.random.alphanumeric(EPOCH_LENGTH);
        let memory = Arc::clone(&self.memory);
        let run = move |tx: &mut Tx<'_>| {
            let key = tx.atomically(|tx| {
                let key = insert_space(tx, &channel.id, &epoch)?;
                insert_channel(tx, key, &channel)?;
                Ok(key)
            })?;
            Ok((channel.id.clone(), Space { key, epoch: epoch.as_str().into(), app: None }))
        };
        self.writer.run(Subject::None, run, move |(id, space)| memory.spaces.put(id, space)).await
    }

    async fn channel(&self, id: &AppId) -> StoreResult<Option<Channel>> {
        self.open_still()?;
        let id = id.clone();
        let sql = "SELECT s.id, c.account, c.name, c.created_at FROM space s JOIN channel c ON c.key = s.key
                   WHERE s.id = ?1";
        self.readers
            .read(move |connection| {
                connection.prepare_cached(sql)?.query_row([id.as_str()], records::channel).optional()
            })
            .await
    }

    async fn channels(&self, account: &AccountId) -> StoreResult<Vec<Channel>> {
        self.open_still()?;
        let account = account.clone();
        let sql = "SELECT s.id, c.account, c.name, c.created_at FROM channel c JOIN space s ON s.key = c.key
                   WHERE c.account = ?1 ORDER BY c.key";
        self.readers
            .read(move |connection| {
                connection.prepare_cached(sql)?.query_map([account.as_str()], records::channel)?.collect()
            })
            .await
    }

    async fn add_number(&self, number: BusinessNumber) -> StoreResult<bool> {
        let channel = self.known_space(&number.channel).await?.key;
        let run = move |tx: &mut Tx<'_>| insert_number(tx, channel, &number);
        self.writer.run(Subject::None, run, |fresh| fresh).await
    }

    async fn number(&self, number: &PhoneNumber) -> StoreResult<Option<BusinessNumber>> {
        self.open_still()?;
        let number = number.clone();
        let sql = format!("SELECT {NUMBER_COLUMNS} WHERE n.number = ?1");
        self.readers
            .read(move |connection| {
                let mut query = connection.prepare_cached(&sql)?;
                query.query_row([number.as_str()], records::business_number).optional()
            })
            .await
    }

    async fn numbers(&self, channel: &AppId) -> StoreResult<Vec<BusinessNumber>> {
        self.open_still()?;
        let channel = channel.clone();
        let sql = format!("SELECT {NUMBER_COLUMNS} WHERE s.id = ?1 ORDER BY n.key");
        self.readers
            .read(move |connection| {
                let mut query = connection.prepare_cached(&sql)?;
                query.query_map([channel.as_str()], records::business_number)?.collect()
            })
            .await
    }

    async fn create_chat_group(&self, group: ChatGroup) -> StoreResult<()> {
        let channel = self.known_space(&group.at.app).await?.key;
        let epoch = self.random.alphanumeric(EPOCH_LENGTH);
        let run = move |tx: &mut Tx<'_>| tx.atomically(|tx| create(tx, channel, &group, &epoch));
        self.writer.run(Subject::None, run, |()| ()).await
    }

    async fn chat_group(&self, at: &GroupRef) -> StoreResult<Option<ChatGroup>> {
        self.open_still()?;
        let at = at.clone();
        let sql =
            format!("SELECT {CHAT_GROUP_COLUMNS} FROM {CHAT_GROUP_TABLES} WHERE s.id = ?1 AND g.id = ?2");
        self.readers
            .read(move |connection| {
                let mut query = connection.prepare_cached(&sql)?;
                query.query_row([at.app.as_str(), at.group.as_str()], records::chat_group).optional()
            })
            .await
    }

    async fn chat_groups(&self, query: &ChatGroupQuery, window: Window) -> StoreResult<Page<ChatGroup>> {
        self.open_still()?;
        let query = query.clone();
        self.readers.snapshot(move |connection| list(connection, &query, window)).await
    }

    async fn advance_chat_groups(
        &self,
        from: ChatGroupStatus,
        to: ChatGroupStatus,
        until: Millis,
        at: Millis,
    ) -> StoreResult<Vec<GroupRef>> {
        self.open_still()?;
        let run = move |tx: &mut Tx<'_>| advance(tx, from, to, until, at);
        self.writer.run(Subject::None, run, |moved| moved).await
    }

    async fn set_invite(&self, at: &GroupRef, code: Option<&str>, now: Millis) -> StoreResult<bool> {
        self.open_still()?;
        let (at, code) = (at.clone(), code.map(str::to_owned));
        let run = move |tx: &mut Tx<'_>| tx.atomically(|tx| set_invite(tx, &at, code.as_deref(), now));
        self.writer.run(Subject::None, run, |set| set).await
    }

    async fn invite(&self, code: &str) -> StoreResult<Option<Invite>> {
        self.open_still()?;
        let code = code.to_owned();
        let sql = "SELECT s.id AS space_id, g.id, i.revoked_at IS NOT NULL AS revoked FROM invite i
                   JOIN \"group\" g ON g.key = i.group_key JOIN space s ON s.key = g.space_key WHERE i.code = ?1";
        self.readers
            .read(move |connection| {
                connection
                    .prepare_cached(sql)?
                    .query_row([code], |row| {
                        let app = records::id(row, "space_id", AppId::new)?;
                        let at = GroupRef::new(app, records::id(row, "id", GroupId::new)?);
                        Ok(Invite { at, revoked: row.get("revoked")? })
                    })
                    .optional()
            })
            .await
    }
}
