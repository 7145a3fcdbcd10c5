//! A connection, and a transaction on it.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::Object;
use tokio::{runtime::Handle, time::timeout};
use tokio_postgres::{
    Error, Row,
    types::{ToSql, Type},
};

use super::{
    database::Database,
    fault::{Fault, describe, is_lost, stopped, unreachable},
    values::Values,
};

/// How statements of a transaction are planned: by indexes, whatever the tables hold. A plan that was made while a
/// table was small is kept until the server looks at the table again, and would read it whole until then.
const PLANNING: &str = "SET LOCAL enable_seqscan = off; SET LOCAL jit = off";
/// How much longer than `postgres.statement_seconds` a call waits for the answer to a statement, so that the server can
/// say itself that it takes too long.
const ANSWER_BEYOND: Duration = Duration::from_millis(500);
/// How long the asking to give up a statement may take.
const CANCELLING: Duration = Duration::from_millis(2_500);
/// How long the carrying of a whole store waits for one: to sort or count everything takes long where there is much.
const LONG_ANSWER: Duration = Duration::from_secs(24 * 3_600);

/// A connection of a pool, which it goes back to when it is dropped.
pub(super) struct Connection {
    /// There until the end.
    client: Option<Object>,
    database: Arc<Database>,
    broken: AtomicBool,
    /// How long an answer may take.
    patience: Duration,
}

impl Connection {
    /// A connection that a pool gave.
    pub(super) fn new(client: Object, database: Arc<Database>) -> Self {
        let patience = database.statement.saturating_add(ANSWER_BEYOND);
        Self { client: Some(client), database, broken: AtomicBool::new(false), patience }
    }

    /// The connection, for a transaction that may take as long as it needs.
    pub(super) fn patient(mut self) -> Self {
        self.patience = LONG_ANSWER;
        self
    }

    fn client(&self) -> Result<&Object, Fault> {
        self.client.as_ref().ok_or_else(|| stopped().into())
    }

    /// Waits for an answer, and notes when none will come.
    async fn answer<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Fault> {
        self.answer_or_cancel(answer, true).await
    }

    /// Waits for an answer. When none comes in time, the connection is given up, and the server told so if `cancels`.
    async fn answer_or_cancel<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
        cancels: bool,
    ) -> Result<T, Fault> {
        match timeout(self.patience, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                if is_lost(&error) {
                    self.broken.store(true, Ordering::Relaxed);
                    self.database.suspect();
                }
                Err(Fault::Database(error))
            }
            Err(_) => {
                self.broken.store(true, Ordering::Relaxed);
                if let Some(client) = self.client.as_ref().filter(|_| cancels) {
                    let (cancel, tls) = (client.cancel_token(), self.database.tls.clone());
                    tokio::spawn(async move { timeout(CANCELLING, cancel.cancel_query(tls)).await });
                }
                self.database.suspect();
                let seconds = self.patience.as_secs_f32();
                Err(Fault::Unavailable(unreachable(&format!("no answer within {seconds} seconds"))))
            }
        }
    }

    /// All rows of a statement's answer.
    pub(super) async fn query(&self, sql: &str, values: Values<'_>) -> Result<Vec<Row>, Fault> {
        let client = self.client()?;
        if !self.database.prepared {
            return self.answer(client.query_typed(sql, values)).await;
        }
        let (given, types) = split(values);
        self.answer(async {
            let statement = client.prepare_typed_cached(sql, &types).await?;
            client.query(&statement, &given).await
        })
        .await
    }

    /// All rows of the answer to a statement that is not prepared: for those that would be another one the next time.
    pub(super) async fn query_once(&self, sql: &str) -> Result<Vec<Row>, Fault> {
        self.answer(self.client()?.query_typed(sql, &[])).await
    }

    /// The first row of a statement's answer.
    pub(super) async fn query_opt(&self, sql: &str, values: Values<'_>) -> Result<Option<Row>, Fault> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    /// Begins a transaction of this mode. The server's own limit on statements holds in it.
    pub(super) async fn begin(self, mode: &str) -> Result<Tx, Fault> {
        // One round trip, and nothing of it outlasts the transaction: a pooler may give the next one another session.
        let patient = self.patience == LONG_ANSWER;
        // In milliseconds; 0 is none. A transaction may stand idle as long as a statement may take: a process that is
        // stopped in the middle of one must not keep its locks.
        let (limit, planning) = match patient {
            true => (0, "SET LOCAL jit = off"),
            false => (self.database.statement.as_millis(), PLANNING),
        };
        let sql = format!(
            "BEGIN {mode}; SET LOCAL statement_timeout = {limit};
             SET LOCAL idle_in_transaction_session_timeout = {limit}; {planning}"
        );
        // Made first: whoever stops waiting for the answer leaves a transaction that must be ended.
        let tx = Tx { connection: self, over: false };
        tx.answer(tx.client()?.batch_execute(&sql)).await?;
        Ok(tx)
    }
}

/// Values and their types, as prepared statements take them.
fn split<'a>(values: Values<'a>) -> (Vec<&'a (dyn ToSql + Sync)>, Vec<Type>) {
    values.iter().cloned().unzip()
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.broken.load(Ordering::Relaxed)
            && let Some(client) = self.client.take()
        {
            drop(Object::take(client));
        }
    }
}

/// A transaction. Dropped without [`commit`](Self::commit), it is rolled back.
pub(super) struct Tx {
    connection: Connection,
    over: bool,
}

impl Deref for Tx {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Tx {
    /// Runs a statement; how many rows it changed.
    pub(super) async fn execute(&self, sql: &str, values: Values<'_>) -> Result<u64, Fault> {
        let client = self.client()?;
        if !self.database.prepared {
            return self.answer(client.execute_typed(sql, values)).await;
        }
        let (given, types) = split(values);
        self.answer(async {
            let statement = client.prepare_typed_cached(sql, &types).await?;
            client.execute(&statement, &given).await
        })
        .await
    }

    /// Lets the commit be answered before it is on the disk: for what may be lost with the server.
    pub(super) async fn commit_lazily(&self) -> Result<(), Fault> {
        self.answer(self.client()?.batch_execute("SET LOCAL synchronous_commit = off")).await
    }

    /// Makes it last.
    ///
    /// # Errors
    /// [`Fault::Unknown`] when the answer was lost: whether the transaction has happened is then unknown, and it must
    /// not be tried again.
    pub(super) async fn commit(mut self) -> Result<(), Fault> {
        // A commit may wait for the synchronous standby. To cancel it would end the wait and not the commit: others would
        // see what the standby does not have.
        let answer = self.answer_or_cancel(self.client()?.batch_execute("COMMIT"), false).await;
        self.over = true;
        match answer {
            Ok(()) => {
                self.database.commits.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(Fault::Database(error)) if is_lost(&error) => Err(Fault::Unknown(unreachable(&format!(
                "the connection was lost while a change was being committed: {}",
                describe(&error)
            )))),
            Err(Fault::Unavailable(why)) => Err(Fault::Unknown(why)),
            Err(fault) => Err(fault),
        }
    }

    /// Undoes it, and waits until that is done.
    pub(super) async fn rollback(mut self) -> Result<(), Fault> {
        let answer = self.answer(self.client()?.batch_execute("ROLLBACK")).await;
        self.over = true;
        answer
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if self.over || self.connection.broken.load(Ordering::Relaxed) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            self.connection.broken.store(true, Ordering::Relaxed);
            return;
        };
        let Some(client) = self.connection.client.take() else { return };
        let connection = Connection::new(client, Arc::clone(&self.connection.database));
        runtime.spawn(async move {
            if let Ok(client) = connection.client()
                && connection.answer(client.batch_execute("ROLLBACK")).await.is_err()
            {
                connection.broken.store(true, Ordering::Relaxed);
            }
        });
    }
}
