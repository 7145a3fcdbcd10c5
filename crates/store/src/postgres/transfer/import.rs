//! Writes everything in one transaction.

use std::sync::Arc;

use muster_core::transfer::{Counts, Part, Record, Source, TransferError};

use super::{
    bulk::{self, Numbers},
    count, late, must_be_at_rest,
};
use crate::{
    postgres::{
        database::Tx,
        fault::Fault,
        rosters::{BLOCK_BITS, LEVELS},
        tables::{Statements, blocking},
        values::values,
    },
    tables,
};

/// Takes everything that a source gives. Nothing is committed here.
pub(super) async fn all(tx: &Arc<Tx>, source: &mut dyn Source) -> Result<Counts, TransferError> {
    // No node can begin a lease from here on: it waits, and is refused in the end.
    tx.query_once("LOCK TABLE node IN EXCLUSIVE MODE").await?;
    must_be_at_rest(tx).await?;
    must_be_empty(tx).await?;
    let late = late::take_away(tx).await?;
    // What is looked up again and again is looked up by indexes, also by plans of when a table was still small.
    tx.query_once("SET LOCAL enable_seqscan = off").await?;
    let mut numbers = Numbers::default();
    let told = loop {
        match source.next().await? {
            Part::Records(records) => {
                for same in records.chunk_by(|one, next| one.kind() == next.kind()) {
                    put(tx, same, &mut numbers).await?;
                }
            }
            Part::End(told) => break told,
        }
    };
    tx.query_once("SET LOCAL enable_seqscan = on").await?;
    late::build(tx, &late).await?;
    derive(tx).await?;
    let counted = count(tx).await?;
    told.must_be(&counted)?;
    // Last, because no rollback takes it back.
    let sql = "SELECT setval('stream_number', greatest($1::bigint, 1), $1::bigint > 0)";
    tx.query(sql, values![numbers.last]).await?;
    Ok(counted)
}

/// Everything hangs on an account, an application or a channel.
async fn must_be_empty(tx: &Tx) -> Result<(), TransferError> {
    let sql = "SELECT 1 WHERE EXISTS (SELECT 1 FROM account) OR EXISTS (SELECT 1 FROM space)";
    if tx.query_once(sql).await?.is_empty() { Ok(()) } else { Err(TransferError::NotEmpty) }
}

/// Writes records of one kind.
async fn put(tx: &Arc<Tx>, records: &[Record], numbers: &mut Numbers) -> Result<(), TransferError> {
    let Some(first) = records.first() else { return Ok(()) };
    if let Some(carried) = tables::of_kind(first.kind()) {
        let records = records.to_vec();
        let import = |statements: &mut Statements<'_, _>| {
            records.into_iter().try_for_each(|record| (carried.import)(statements, record))
        };
        return blocking(Arc::clone(tx), import).await?.1;
    }
    match first {
        Record::Group(_) => bulk::groups(tx, records, numbers).await,
        Record::MessageCount(_) => bulk::message_counts(tx, records).await,
        Record::Member(_) => bulk::members(tx, records).await,
        Record::UserStream(_) => bulk::user_streams(tx, records, numbers).await,
        Record::Entry(_) => bulk::entries(tx, records).await,
        Record::LastGroupNumber(last) => {
            numbers.last = numbers.last.max(*last);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Writes what follows from the records: how many groups an application has, and how many members there are in each
/// block of a group's join numbers.
async fn derive(tx: &Tx) -> Result<(), Fault> {
    tx.query_once(
        "UPDATE space s SET existing_groups = g.existing, deleted_groups = g.deleted
         FROM (SELECT app, count(*) FILTER (WHERE deleted_at IS NULL) AS existing,
                 count(*) FILTER (WHERE deleted_at IS NOT NULL) AS deleted FROM grp GROUP BY app) g
         WHERE g.app = s.app",
    )
    .await?;
    for level in 1..=LEVELS {
        // The members of a block are those of its parts.
        let parts = match level {
            1 => "SELECT app, grp, number AS part, 1 AS members FROM member".to_owned(),
            _ => format!(
                "SELECT app, grp, block AS part, members FROM member_block WHERE level = {}",
                level - 1
            ),
        };
        tx.query_once(&format!(
            "INSERT INTO member_block (app, grp, level, block, members)
             SELECT app, grp, {level}, part >> {BLOCK_BITS}, sum(members) FROM ({parts}) p
             GROUP BY app, grp, part >> {BLOCK_BITS}"
        ))
        .await?;
    }
    tx.query_once(&format!(
        "UPDATE roster r SET listed = b.members
         FROM (SELECT app, grp, sum(members) AS members FROM member_block WHERE level = {LEVELS} GROUP BY app, grp) b
         WHERE b.app = r.app AND b.grp = r.grp"
    ))
    .await?;
    Ok(())
}
