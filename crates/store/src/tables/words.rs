//! Words.

use async_trait::async_trait;
use muster_core::{
    id::AppId,
    limits::has_room,
    message::Positions,
    store::{Also, StoreResult, WordAdded, Words},
    time::Millis,
    transfer::Kind,
    word::Word,
};

use super::{
    Carried, Change, Database, Row, Tables, Transaction, Turn, Value,
    apps::touch,
    table::{APP, Stored, Table, exists, insert, record_of, select, total},
    value::values,
};
use crate::codes::Unreadable;

pub(super) const WORDS: Carried = Carried::of::<Word>();

impl Stored for Word {
    const TABLE: Table = Table {
        name: "word",
        what: "word",
        columns: &["app", "text", "added_at"],
        order: &["app", "text"],
        parents: &[APP],
        group: None,
        kind: Kind::Word,
    };

    fn values(&self) -> Vec<Value> {
        values![self.app.as_str(), Value::free(&*self.text), self.added_at].to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            app: row.id("app", AppId::new)?,
            text: row.text("text")?.to_owned(),
            added_at: row.millis("added_at")?,
        })
    }

    record_of!(Word);

    fn name(&self) -> String {
        format!("{:?} of {}", self.text, self.app)
    }
}

#[async_trait]
impl<D: Database> Words for Tables<D> {
    async fn add_word(&self, word: Word, limit: u64, also: Also) -> StoreResult<WordAdded> {
        let app = word.app.clone();
        let step = move |tx: &mut dyn Transaction| {
            if !tx.take_turn(Turn::Space(&word.app))? {
                return Ok(Change::nothing(WordAdded::NoApp));
            }
            let (app, text) = (word.app.as_str(), Value::free(&*word.text));
            if exists(tx, "word WHERE app = $1 AND text = $2", values![app, text])? {
                return Ok(Change::nothing(WordAdded::Known));
            }
            let held = total(tx, "SELECT count(*) AS total FROM word WHERE app = $1", values![app])?;
            if !has_room(held, Some(limit)) {
                return Ok(Change::nothing(WordAdded::TooMany));
            }
            insert(tx, &word)?;
            touch(tx, &word.app, word.added_at)?;
            Ok(Change::made(WordAdded::Added(Positions::new())))
        };
        let changed = self.database.write_also(also, step).await;
        self.apps.forget(app);
        Ok(match changed? {
            (WordAdded::Added(_), positions) => WordAdded::Added(positions),
            (not_added, _) => not_added,
        })
    }

    async fn words(&self, app: &AppId) -> StoreResult<Vec<Word>> {
        let (app, tail) = (app.clone(), "WHERE t.app = $1 ORDER BY t.text");
        self.database.read(move |reading| select(reading, tail, values![app.as_str()])).await
    }

    async fn remove_word(
        &self,
        app: &AppId,
        text: &str,
        at: Millis,
        also: Also,
    ) -> StoreResult<Option<Positions>> {
        let (id, text) = (app.clone(), text.to_owned());
        let sql = "DELETE FROM word WHERE app = $1 AND text = $2";
        let step = move |tx: &mut dyn Transaction| {
            let removed = tx.execute(sql, values![id.as_str(), Value::free(&*text)])? > 0;
            if removed {
                touch(tx, &id, at)?;
            }
            Ok(removed)
        };
        let changed = self.database.write_if(also, step).await;
        self.apps.forget(app.clone());
        changed
    }
}
