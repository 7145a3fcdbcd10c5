//! Files of channels.

use async_trait::async_trait;
use bytes::Bytes;
use muster_core::{
    chat_file::{ChatFile, ContentType, FilePath},
    id::AppId,
    message::Positions,
    store::{Also, ChatFiles, FilePut, StoreResult},
    time::Millis,
    transfer::Kind,
};

use super::{
    Carried, Change, Database, Reading, Row, Tables, Transaction, Turn, Value,
    channels::CHANNEL,
    table::{Stored, Table, find, insert, record_of, total},
    value::values,
};
use crate::codes::Unreadable;

pub(super) const FILES: Carried = Carried::of::<ChatFile>();

/// Files that are removed at once: each may be megabytes.
const REMOVED_AT_ONCE: i64 = 20;
/// The bytes of the other files of a channel.
const OTHERS: &str = "SELECT CAST(coalesce(sum(size), 0) AS bigint) AS total FROM chat_file
     WHERE app = $1 AND path <> $2";

impl Stored for ChatFile {
    const TABLE: Table = Table {
        name: "chat_file",
        what: "file",
        columns: &["path", "app", "kind", "size", "bytes", "put_at"],
        order: &["path"],
        parents: &[CHANNEL],
        group: None,
        kind: Kind::ChatFile,
    };

    fn values(&self) -> Vec<Value> {
        let size = Value::count(self.bytes.len() as u64);
        let (path, app, kind) = (self.path.as_str(), self.channel.as_str(), self.kind.as_str());
        values![path, app, kind, size, &*self.bytes, self.put_at].to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        let path = row.text("path")?;
        Ok(Self {
            channel: row.id("app", AppId::new)?,
            path: FilePath::new(path).map_err(|error| Unreadable::new("path of a file", &error))?,
            kind: ContentType::new(row.text("kind")?),
            bytes: Bytes::copy_from_slice(row.bytes("bytes")?),
            put_at: row.millis("put_at")?,
        })
    }

    // Each may be megabytes.
    const PART: usize = 4;

    record_of!(ChatFile);

    fn name(&self) -> String {
        self.path.to_string()
    }
}

#[async_trait]
impl<D: Database> ChatFiles for Tables<D> {
    async fn put_file(&self, file: ChatFile, limit: u64, also: Also) -> StoreResult<FilePut> {
        let step = move |tx: &mut dyn Transaction| {
            if !tx.take_turn(Turn::Space(&file.channel))? {
                return Ok(Change::nothing(FilePut::NoChannel));
            }
            let (channel, path) = (file.channel.as_str(), file.path.as_str());
            let others = total(tx, OTHERS, values![channel, path])?;
            if others.saturating_add(file.bytes.len() as u64) > limit {
                return Ok(Change::nothing(FilePut::Full));
            }
            let before = tx.query("SELECT put_at FROM chat_file WHERE path = $1", values![path])?;
            tx.execute("DELETE FROM chat_file WHERE path = $1", values![path])?;
            // Whoever has read a part of the file before is told by the time that this is another one.
            let later = before.first().map(|row| row.millis("put_at")).transpose()?.map(|at| at + 1);
            let put_at = file.put_at.max(later.unwrap_or(file.put_at));
            insert(tx, &ChatFile { put_at, ..file.clone() })?;
            Ok(Change::made(FilePut::Put(Positions::new())))
        };
        Ok(match self.database.write_also(also, step).await? {
            (FilePut::Put(_), positions) => FilePut::Put(positions),
            (not_put, _) => not_put,
        })
    }

    async fn file(&self, path: &FilePath) -> StoreResult<Option<ChatFile>> {
        let path = path.clone();
        self.database.read(move |reading| find(reading, "WHERE t.path = $1", values![path.as_str()])).await
    }

    async fn channel_of_file(&self, path: &FilePath) -> StoreResult<Option<AppId>> {
        let path = path.clone();
        let step = move |reading: &mut dyn Reading| {
            let rows = reading.query("SELECT app FROM chat_file WHERE path = $1", values![path.as_str()])?;
            Ok(rows.first().map(|row| row.id("app", AppId::new)).transpose()?)
        };
        self.database.read(step).await
    }

    async fn remove_files(&self, before: Millis) -> StoreResult<u64> {
        let sql = "DELETE FROM chat_file WHERE path IN
             (SELECT path FROM chat_file WHERE put_at < $1 ORDER BY put_at LIMIT $2)";
        let step = move |tx: &mut dyn Transaction| tx.execute(sql, values![before, REMOVED_AT_ONCE]);
        self.database.write(step).await
    }
}
