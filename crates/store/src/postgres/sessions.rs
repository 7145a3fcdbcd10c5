//! Who is logged in. Logins come in crowds, so they are gathered; what hangs on a node ends with it (`Nodes`).

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use muster_core::{
    id::{AppId, NodeId, SessionId, SessionRef, UserId},
    login::LoginChange,
    message::Positions,
    store::{Also, Sessions, StoreResult},
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
    writes::follow,
};

/// What one caller wants.
pub(super) struct Login {
    app: AppId,
    user: UserId,
    change: LoginChange,
    also: Also,
}

impl Login {
    /// The node that the session hangs on, if one begins.
    fn node(&self) -> Option<&NodeId> {
        match &self.change {
            LoginChange::Begin(session) => Some(&session.node),
            LoginChange::End(_) => None,
        }
    }

    /// What is stored with it where this login stood.
    fn also_where(&self, standing: Option<&SessionRef>) -> Also {
        self.also.clone().having(|found| found.logged_in(&self.app, &self.user, &self.change, standing))
    }
}

/// What one caller is told.
pub(super) enum Outcome {
    /// Nothing has changed.
    Unchanged,
    /// The login has changed from this one, and what follows stands at these positions.
    Changed(Option<SessionRef>, Positions),
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
        let nodes: BTreeSet<_> = jobs.iter().filter_map(|job| job.node()).map(NodeId::as_str).collect();
        let alive = hold_nodes(tx, &nodes.into_iter().collect::<Vec<_>>()).await?;
        let key = |job: &&'_ Login| (job.app.as_str().to_owned(), job.user.as_str().to_owned());
        let keys: BTreeSet<_> = jobs.iter().map(|job| (job.app.as_str(), job.user.as_str())).collect();
        let mut logins = lock(tx, &keys).await?;
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            answers.push(if job.node().is_some_and(|node| !alive.contains(node)) {
                Outcome::Fenced
            } else if job.change.changes(logins.get(&key(job))) {
                let earlier = match job.change.clone().after() {
                    Some(session) => logins.insert(key(job), session),
                    None => logins.remove(&key(job)),
                };
                Outcome::Changed(earlier, Positions::new())
            } else {
                Outcome::Unchanged
            });
        }
        let logins =
            logins.iter().map(|((app, user), session)| ((app.as_str(), user.as_str()), session.clone()));
        write(tx, &keys, &logins.collect()).await?;
        let (changed, places): (Vec<_>, Vec<_>) = jobs
            .iter()
            .zip(&mut answers)
            .filter_map(|(job, answer)| match answer {
                Outcome::Changed(earlier, positions) => Some((job.also_where(earlier.as_ref()), positions)),
                Outcome::Unchanged | Outcome::Fenced => None,
            })
            .unzip();
        for (place, positions) in places.into_iter().zip(follow(tx, changed.iter().collect()).await?) {
            *place = positions;
        }
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
}

#[async_trait]
impl Sessions for PostgresStore {
    async fn change_login(
        &self,
        app: &AppId,
        user: &UserId,
        change: LoginChange,
        also: Also,
    ) -> StoreResult<Option<(Option<SessionRef>, Positions)>> {
        self.database.open_still()?;
        let login = Login { app: app.clone(), user: user.clone(), change, also };
        match self.logins.run(&(app, user), login).await? {
            Outcome::Changed(earlier, positions) => Ok(Some((earlier, positions))),
            Outcome::Unchanged => Ok(None),
            Outcome::Fenced => Err(fenced()),
        }
    }

    async fn sessions(&self, app: &AppId, users: &[UserId]) -> StoreResult<Vec<Option<SessionRef>>> {
        Ok(self.find_sessions(app, users).await?)
    }
}
