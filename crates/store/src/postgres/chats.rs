//! Customer groups and what they hang on. Few and rarely asked for.

use async_trait::async_trait;
use muster_core::{
    app::StringMap,
    chat::{BusinessNumber, Channel, ChatGroup, ChatGroupQuery, ChatGroupStatus, Invite, PhoneNumber},
    group::{Group, Page, Window},
    id::{AccountId, AppId, GroupRef},
    store::{Chats, StoreResult},
    time::Millis,
};

use super::{
    PostgresStore,
    apps::{EPOCH_LENGTH, insert_space},
    database::Tx,
    fault::{Fault, misuse, retry},
    groups::{find_group, insert_group, lock_space},
    records::{self, CHAT_GROUP_COLUMNS, all, bounds, group_ref, unsigned},
    values::{bytes, values},
};
use crate::codes::Code;

/// The tables of [`CHAT_GROUP_COLUMNS`]. A group's invite is the one not revoked.
pub(super) const CHAT_GROUP_TABLES: &str =
    "chat_group c LEFT JOIN invite i ON i.app = c.app AND i.id = c.id AND i.revoked_at IS NULL";

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

async fn insert_invite(tx: &Tx, at: &GroupRef, code: &str, now: Millis) -> Result<(), Fault> {
    let sql = "INSERT INTO invite (code, app, id, created_at) VALUES ($1, $2, $3, $4)";
    tx.execute(sql, values![code, at.app.as_str(), at.group.as_str(), now.0]).await.map(|_| ())
}

/// Adds a channel to its space.
pub(super) async fn insert_channel(tx: &Tx, channel: &Channel) -> Result<(), Fault> {
    let sql = "INSERT INTO channel (app, account, name, created_at) VALUES ($1, $2, $3, $4)";
    let account = channel.account.as_str();
    tx.execute(sql, values![channel.id.as_str(), account, channel.name, channel.created_at.0])
        .await
        .map(|_| ())
}

/// Binds a number to a channel that is there; how many were bound: none when it is bound already.
pub(super) async fn insert_number(tx: &Tx, number: &BusinessNumber) -> Result<u64, Fault> {
    let sql =
        "INSERT INTO number (number, app, created_at) VALUES ($1, $2, $3) ON CONFLICT (number) DO NOTHING";
    tx.execute(sql, values![number.number.as_str(), number.channel.as_str(), number.created_at.0]).await
}

/// Adds a customer group to the group of the same address, whose number is its place. Invites are added apart.
pub(super) async fn insert_chat_group(
    tx: &Tx,
    chat: &ChatGroup,
    place: i64,
    status_since: Millis,
) -> Result<(), Fault> {
    tx.execute(
        "INSERT INTO chat_group (app, id, place, number, subject, description, picture, status, status_since,
           created_at, modified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        values![
            chat.at.app.as_str(),
            chat.at.group.as_str(),
            place,
            chat.number.as_str(),
            chat.subject.as_bytes(),
            bytes(chat.description.as_deref()),
            bytes(chat.picture.as_deref()),
            chat.status.code(),
            status_since.0,
            chat.created_at.0,
            chat.modified_at.0,
        ],
    )
    .await
    .map(|_| ())
}

impl PostgresStore {
    async fn try_create_channel(&self, channel: &Channel, epoch: &str) -> Result<(), Fault> {
        let tx = self.database.begin().await?;
        insert_space(&tx, &channel.id, epoch).await?;
        insert_channel(&tx, channel).await?;
        tx.commit().await
    }

    async fn try_add_number(&self, number: &BusinessNumber) -> Result<bool, Fault> {
        let tx = self.database.begin().await?;
        // The lock gives numbers of one channel their places in the order in which they appear.
        if lock_space(&tx, &number.channel).await?.is_none() {
            tx.rollback().await?;
            return misuse(format!("there is no application or channel {}", number.channel));
        }
        let rows = insert_number(&tx, number).await?;
        tx.commit().await?;
        Ok(rows > 0)
    }

    async fn try_create_chat_group(&self, chat: &ChatGroup, epoch: &str) -> Result<(), Fault> {
        let tx = self.database.begin().await?;
        if lock_space(&tx, &chat.at.app).await?.is_none() {
            tx.rollback().await?;
            return misuse(format!("there is no application or channel {}", chat.at.app));
        }
        if find_group(&tx, &chat.at).await?.is_some() {
            tx.rollback().await?;
            return misuse(format!("there is a group {} already", chat.at.group));
        }
        let place = insert_group(&tx, &roster_owner(chat, epoch)).await?;
        insert_chat_group(&tx, chat, place, chat.created_at).await?;
        if let Some(code) = &chat.invite {
            insert_invite(&tx, &chat.at, code, chat.created_at).await?;
        }
        tx.commit().await
    }

    async fn list_chat_groups(
        &self,
        query: &ChatGroupQuery,
        window: Window,
    ) -> Result<Page<ChatGroup>, Fault> {
        let condition = "c.app = $1 AND c.number = $2 AND ($3::bytea IS NULL OR c.subject = $3::bytea)
             AND ($4::text IS NULL OR c.status = $4::text)";
        let (channel, number) = (query.channel.as_str(), query.number.as_str());
        let subject = bytes(query.subject.as_deref());
        let status = query.status.map(Code::code);
        let tx = self.database.snapshot().await?;
        let sql = format!("SELECT count(*) AS total FROM chat_group c WHERE {condition}");
        let row = tx.query_opt(&sql, values![channel, number, subject, status]).await?;
        let total = row.map_or(Ok(0), |row| unsigned(&row, "total"))?;
        let sql = format!(
            "SELECT {CHAT_GROUP_COLUMNS} FROM {CHAT_GROUP_TABLES} WHERE {condition}
             ORDER BY c.place DESC LIMIT $5 OFFSET $6"
        );
        let (limit, skip) = bounds(window);
        let rows = tx.query(&sql, values![channel, number, subject, status, limit, skip]).await?;
        tx.rollback().await?;
        Ok(Page { entries: all(&rows, records::chat_group)?, total })
    }

    async fn try_advance(
        &self,
        from: ChatGroupStatus,
        to: ChatGroupStatus,
        until: Millis,
        at: Millis,
    ) -> Result<Vec<GroupRef>, Fault> {
        // Asked several times a second, and nearly always in vain: that costs no transaction.
        let sql =
            "SELECT 1 FROM chat_group WHERE status = $1 AND (status_since < $2 OR status_since > $3) LIMIT 1";
        let due = self.database.reader().await?.query_opt(sql, values![from.code(), until.0, at.0]).await?;
        if due.is_none() {
            return Ok(Vec::new());
        }
        let tx = self.database.begin().await?;
        // What another node is moving is left to it: each move is answered to one.
        let rows = tx
            .query(
                "WITH due AS (
                   SELECT app, id FROM chat_group WHERE status = $1 AND (status_since < $2 OR status_since > $4)
                   ORDER BY app, id FOR UPDATE SKIP LOCKED
                 ), moved AS (
                   UPDATE chat_group c SET status = $3, status_since = $4, modified_at = $4
                   FROM due WHERE c.app = due.app AND c.id = due.id RETURNING c.app, c.id, c.place
                 )
                 SELECT app, id FROM moved ORDER BY place",
                values![from.code(), until.0, to.code(), at.0],
            )
            .await?;
        tx.commit().await?;
        all(&rows, group_ref)
    }

    async fn try_set_invite(&self, at: &GroupRef, code: Option<&str>, now: Millis) -> Result<bool, Fault> {
        let tx = self.database.begin().await?;
        let (app, id) = (at.app.as_str(), at.group.as_str());
        let sql = "UPDATE chat_group SET modified_at = $3 WHERE app = $1 AND id = $2";
        let found = tx.execute(sql, values![app, id, now.0]).await? > 0;
        if found {
            let sql = "UPDATE invite SET revoked_at = $3 WHERE app = $1 AND id = $2 AND revoked_at IS NULL";
            tx.execute(sql, values![app, id, now.0]).await?;
            if let Some(code) = code {
                insert_invite(&tx, at, code, now).await?;
            }
        }
        tx.commit().await?;
        Ok(found)
    }

    async fn find_invite(&self, code: &str) -> Result<Option<Invite>, Fault> {
        // PostgreSQL takes no such text, and anybody may ask: no code has it.
        if code.contains('\0') {
            return Ok(None);
        }
        let connection = self.database.reader().await?;
        let sql = "SELECT app, id, revoked_at IS NOT NULL AS revoked FROM invite WHERE code = $1";
        let row = connection.query_opt(sql, values![code]).await?;
        row.map(|row| Ok(Invite { at: group_ref(&row)?, revoked: row.try_get("revoked")? })).transpose()
    }

    async fn find_number(&self, number: &PhoneNumber) -> Result<Option<BusinessNumber>, Fault> {
        let connection = self.database.reader().await?;
        let sql = "SELECT number, app, created_at FROM number WHERE number = $1";
        let row = connection.query_opt(sql, values![number.as_str()]).await?;
        row.as_ref().map(records::business_number).transpose()
    }

    async fn list_numbers(&self, channel: &AppId) -> Result<Vec<BusinessNumber>, Fault> {
        let connection = self.database.reader().await?;
        let sql = "SELECT number, app, created_at FROM number WHERE app = $1 ORDER BY place";
        all(&connection.query(sql, values![channel.as_str()]).await?, records::business_number)
    }

    async fn find_channel(&self, id: &AppId) -> Result<Option<Channel>, Fault> {
        let connection = self.database.reader().await?;
        let sql = "SELECT app, account, name, created_at FROM channel WHERE app = $1";
        let row = connection.query_opt(sql, values![id.as_str()]).await?;
        row.as_ref().map(records::channel).transpose()
    }

    async fn list_channels(&self, account: &AccountId) -> Result<Vec<Channel>, Fault> {
        let connection = self.database.reader().await?;
        let sql = "SELECT app, account, name, created_at FROM channel WHERE account = $1 ORDER BY number";
        all(&connection.query(sql, values![account.as_str()]).await?, records::channel)
    }

    async fn find_chat_group(&self, at: &GroupRef) -> Result<Option<ChatGroup>, Fault> {
        let connection = self.database.reader().await?;
        let sql =
            format!("SELECT {CHAT_GROUP_COLUMNS} FROM {CHAT_GROUP_TABLES} WHERE c.app = $1 AND c.id = $2");
        let row = connection.query_opt(&sql, values![at.app.as_str(), at.group.as_str()]).await?;
        row.as_ref().map(records::chat_group).transpose()
    }
}

#[async_trait]
impl Chats for PostgresStore {
    async fn create_channel(&self, channel: Channel) -> StoreResult<()> {
        let epoch = self.random.alphanumeric(EPOCH_LENGTH);
        retry(|| self.try_create_channel(&channel, &epoch)).await
    }

    async fn channel(&self, id: &AppId) -> StoreResult<Option<Channel>> {
        Ok(self.find_channel(id).await?)
    }

    async fn channels(&self, account: &AccountId) -> StoreResult<Vec<Channel>> {
        Ok(self.list_channels(account).await?)
    }

    async fn add_number(&self, number: BusinessNumber) -> StoreResult<bool> {
        retry(|| self.try_add_number(&number)).await
    }

    async fn number(&self, number: &PhoneNumber) -> StoreResult<Option<BusinessNumber>> {
        Ok(self.find_number(number).await?)
    }

    async fn numbers(&self, channel: &AppId) -> StoreResult<Vec<BusinessNumber>> {
        Ok(self.list_numbers(channel).await?)
    }

    async fn create_chat_group(&self, group: ChatGroup) -> StoreResult<()> {
        let epoch = self.random.alphanumeric(EPOCH_LENGTH);
        retry(|| self.try_create_chat_group(&group, &epoch)).await
    }

    async fn chat_group(&self, at: &GroupRef) -> StoreResult<Option<ChatGroup>> {
        Ok(self.find_chat_group(at).await?)
    }

    async fn chat_groups(&self, query: &ChatGroupQuery, window: Window) -> StoreResult<Page<ChatGroup>> {
        Ok(self.list_chat_groups(query, window).await?)
    }

    async fn advance_chat_groups(
        &self,
        from: ChatGroupStatus,
        to: ChatGroupStatus,
        until: Millis,
        at: Millis,
    ) -> StoreResult<Vec<GroupRef>> {
        retry(|| self.try_advance(from, to, until, at)).await
    }

    async fn set_invite(&self, at: &GroupRef, code: Option<&str>, now: Millis) -> StoreResult<bool> {
        retry(|| self.try_set_invite(at, code, now)).await
    }

    async fn invite(&self, code: &str) -> StoreResult<Option<Invite>> {
        Ok(self.find_invite(code).await?)
    }
}
