//! The keys and indices of the tables that may be very long: taken away while rows are added, and built at once after
//! that, which takes a fraction of the time that adding each row in a random place takes. All in the import's
//! transaction: when that is undone, they are as they were.

use crate::postgres::{database::Tx, fault::Fault};

/// What takes a key or an index away, and what builds it. A key's index goes and comes with it.
const LATE: &str = "WITH long AS (SELECT unnest(ARRAY['member', 'entry']::regclass[]) AS name)
     SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS away,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS back
     FROM pg_constraint WHERE conrelid IN (SELECT name FROM long) AND contype IN ('p', 'u')
     UNION ALL
     SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
     FROM pg_index i WHERE indrelid IN (SELECT name FROM long)
       AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)";
/// Memory for building one of them: what the server would take by default is made for a server at work.
const BUILDING: &str = "SET LOCAL maintenance_work_mem = '256MB'";

/// Takes them away; the statements that build them.
pub(super) async fn take_away(tx: &Tx) -> Result<Vec<String>, Fault> {
    let mut building = Vec::new();
    for row in tx.query_once(LATE).await? {
        tx.query_once(row.try_get("away")?).await?;
        building.push(row.try_get("back")?);
    }
    Ok(building)
}

/// Builds them.
pub(super) async fn build(tx: &Tx, building: &[String]) -> Result<(), Fault> {
    tx.query_once(BUILDING).await?;
    for sql in building {
        tx.query_once(sql).await?;
    }
    Ok(())
}
