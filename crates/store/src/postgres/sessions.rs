//! Who is logged in. Logins come in crowds, so they are gathered; what hangs on a node ends with it (`Nodes`).

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use muster_core::{
    id::{AppId, NodeId, SessionId, SessionRef, UserId},
    store::{Sessions, StoreResult},
};
use tokio_postgres::Row;

use super::{
    PostgresStore,
    database::Tx,
    fault::Fault,
    gather::Batch,
    records::id,
    rosters::{fenced, hold_nodes},
    values::values,
};

/// What one caller wants.
pub(super) struct Login {
    app: AppId,
    user: UserId,
    session: SessionRef,
    /// Whether the session begins; it ends otherwise.
    begins: bool,
}

/// What one caller is told.
pub(super) enum Outcome {
    /// It has begun, and replaced this one.
    Begun(Option<SessionRef>),
    /// It is forgotten.
    Ended,
    /// Its node's sessions were ended: nothing may hang on them again.
    Fenced,
}

/// Logins and their ends.
pub(super) struct Logins;

/// Application and user; ordered as the database orders them, by bytes.
type Key<'a> = (&'a str, &'a str);

/// The login of a row; a row without a node is only a lock.
fn session(row: &Row) -> Result<Option<SessionRef>, Fault> {
    if row.try_get::<_, &str>("node")?.is_empty() {
        return Ok(None);
    }
    Ok(Some(SessionRef { node: id(row, "node", NodeId::new)?, session: id(row, "session", SessionId::new)? }))
}

/// Locks the rows of these users, and makes those that are missing; the logins in them.
async fn lock(tx: &Tx, keys: &BTreeSet<Key<'_>>) -> Result<BTreeMap<(String, String), SessionRef>, Fault> {
    let (apps, users): (Vec<_>, Vec<_>) = keys.iter().copied().unzip();
    let rows = tx
        .query(
            "INSERT INTO login AS l (app, user_id, node, session)
             SELECT w.app, w.user_id, '', '' FROM unnest($1::text[], $2::text[]) AS w (app, user_id)
             ORDER BY w.app COLLATE \"C\", w.user_id COLLATE \"C\"
             ON CONFLICT (app, user_id) DO UPDATE SET node = l.node
             RETURNING app, user_id, node, session",
            values![apps, users],
        )
        .await?;
    let mut logins = BTreeMap::new();
    for row in &rows {
        if let Some(session) = session(row)? {
            logins.insert((row.try_get("app")?, row.try_get("user_id")?), session);
        }
    }
    Ok(logins)
}

/// Writes the logins of locked rows; a user without one has no row.
async fn write(
    tx: &Tx,
    keys: &BTreeSet<Key<'_>>,
    logins: &BTreeMap<Key<'_>, SessionRef>,
) -> Result<(), Fault> {
    let (mut apps, mut users, mut nodes, mut sessions) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ((app, user), session) in logins {
        apps.push(*app);
        users.push(*user);
        nodes.push(session.node.as_str());
        sessions.push(session.session.as_str());
    }
    let gone = keys.iter().filter(|key| !logins.contains_key(*key));
    let (gone_apps, gone_users): (Vec<_>, Vec<_>) = gone.copied().unzip();
    let update = async {
        if apps.is_empty() {
            return Ok(0);
        }
        tx.execute(
            "UPDATE login l SET node = w.node, session = w.session
             FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS w (app, user_id, node, session)
             WHERE l.app = w.app AND l.user_id = w.user_id",
            values![apps, users, nodes, sessions],
        )
        .await
    };
    let delete = async {
        if gone_apps.is_empty() {
            return Ok(0);
        }
        tx.execute(
            "DELETE FROM login l USING unnest($1::text[], $2::text[]) AS w (app, user_id)
             WHERE l.app = w.app AND l.user_id = w.user_id",
            values![gone_apps, gone_users],
        )
        .await
    };
    tokio::try_join!(update, delete).map(|_| ())
}

#[async_trait]
impl Batch for Logins {
    type Job = Login;
    type Output = Outcome;

    async fn apply(&self, tx: &Tx, jobs: &[&Login]) -> Result<Vec<Outcome>, Fault> {
        let nodes: BTreeSet<_> =
            jobs.iter().filter(|job| job.begins).map(|job| job.session.node.as_str()).collect();
        let alive = hold_nodes(tx, &nodes.into_iter().collect::<Vec<_>>()).await?;
        let key = |job: &&'_ Login| (job.app.as_str().to_owned(), job.user.as_str().to_owned());
        let keys: BTreeSet<_> = jobs.iter().map(|job| (job.app.as_str(), job.user.as_str())).collect();
        let mut logins = lock(tx, &keys).await?;
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            answers.push(if !job.begins {
                if logins.get(&key(job)) == Some(&job.session) {
                    logins.remove(&key(job));
                }
                Outcome::Ended
            } else if alive.contains(&job.session.node) {
                let earlier = logins.insert(key(job), job.session.clone());
                Outcome::Begun(earlier.filter(|earlier| *earlier != job.session))
            } else {
                Outcome::Fenced
            });
        }
        let logins =
            logins.iter().map(|((app, user), session)| ((app.as_str(), user.as_str()), session.clone()));
        write(tx, &keys, &logins.collect()).await?;
        Ok(answers)
    }
}

impl PostgresStore {
    async fn find_sessions(&self, app: &AppId, users: &[UserId]) -> Result<Vec<Option<SessionRef>>, Fault> {
        let connection = self.database.reader().await?;
        let names: Vec<_> = users.iter().map(UserId::as_str).collect();
        let sql = "SELECT user_id, node, session FROM login WHERE app = $1 AND user_id = ANY ($2)";
        let rows = connection.query(sql, values![app.as_str(), names]).await?;
        let mut found = BTreeMap::new();
        for row in &rows {
            found.insert(row.try_get::<_, &str>("user_id")?, session(row)?);
        }
        Ok(names.iter().map(|name| found.get(name).cloned().flatten()).collect())
    }

    async fn login(
        &self,
        app: &AppId,
        user: &UserId,
        session: SessionRef,
        begins: bool,
    ) -> StoreResult<Option<SessionRef>> {
        self.database.open_still()?;
        let login = Login { app: app.clone(), user: user.clone(), session, begins };
        match self.logins.run(&(app, user), login).await? {
            Outcome::Begun(earlier) => Ok(earlier),
            Outcome::Ended => Ok(None),
            Outcome::Fenced => Err(fenced()),
        }
    }
}

#[async_trait]
impl Sessions for PostgresStore {
    async fn sign_in(
        &self,
        app: &AppId,
        user: &UserId,
        session: SessionRef,
    ) -> StoreResult<Option<SessionRef>> {
        self.login(app, user, session, true).await
    }

    async fn sign_out(&self, app: &AppId, user: &UserId, session: &SessionRef) -> StoreResult<()> {
        self.login(app, user, session.clone(), false).await.map(|_| ())
    }

    async fn sessions(&self, app: &AppId, users: &[UserId]) -> StoreResult<Vec<Option<SessionRef>>> {
        Ok(self.find_sessions(app, users).await?)
    }
}
