//! Writes everything in one transaction.

use muster_core::{
    id::AppId,
    transfer::{Addition, ChatGroupRecord, Counts, InviteRecord, Kind, Part, Record, Source, TransferError},
};

use super::{
    bulk::{self, Numbers},
    count, late, must_be_at_rest,
};
use crate::postgres::{
    accounts::{change, insert_account},
    apps::{count_one, insert_app, insert_space},
    chats::{insert_channel, insert_chat_group, insert_number},
    database::Tx,
    fault::Fault,
    groups::{find_group, lock_space},
    rosters::{BLOCK_BITS, LEVELS},
    values::values,
};

/// Takes everything that a source gives. Nothing is committed here.
pub(super) async fn all(tx: &Tx, source: &mut dyn Source) -> Result<Counts, TransferError> {
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
async fn put(tx: &Tx, records: &[Record], numbers: &mut Numbers) -> Result<(), TransferError> {
    match records.first().map(Record::kind) {
        Some(Kind::Group) => return bulk::groups(tx, records, numbers).await,
        Some(Kind::MessageCount) => return bulk::message_counts(tx, records).await,
        Some(Kind::Member) => return bulk::members(tx, records).await,
        Some(Kind::UserStream) => return bulk::user_streams(tx, records, numbers).await,
        Some(Kind::Entry) => return bulk::entries(tx, records).await,
        _ => {}
    }
    for record in records {
        put_one(tx, record, numbers).await?;
    }
    Ok(())
}

/// Writes a record of a kind of which there are few.
async fn put_one(tx: &Tx, record: &Record, numbers: &mut Numbers) -> Result<(), TransferError> {
    match record {
        Record::Account(account) => insert_account(tx, account).await?,
        Record::User(user) => add(tx, user.clone().into()).await?,
        Record::Key(key) => add(tx, key.clone().into()).await?,
        Record::Policy(policy) => add(tx, policy.clone().into()).await?,
        Record::Attachment(attachment) => add(tx, attachment.clone().into()).await?,
        Record::App(record) => {
            insert_space(tx, &record.app.id, &record.user_epoch).await?;
            count_one(tx, &record.app).await?;
            insert_app(tx, &record.app).await?;
        }
        Record::Channel(record) => {
            insert_space(tx, &record.channel.id, &record.user_epoch).await?;
            insert_channel(tx, &record.channel).await?;
        }
        Record::BusinessNumber(number) => {
            must_be_there(tx, &number.channel).await?;
            if insert_number(tx, number).await? == 0 {
                return Err(TransferError::twice("business number", &number.number));
            }
        }
        Record::LastGroupNumber(last) => numbers.last = numbers.last.max(*last),
        Record::ChatGroup(record) => chat_group(tx, record).await?,
        Record::Invite(record) => invite(tx, record).await?,
        Record::Group(_)
        | Record::MessageCount(_)
        | Record::Member(_)
        | Record::UserStream(_)
        | Record::Entry(_) => {}
    }
    Ok(())
}

async fn add(tx: &Tx, addition: Addition) -> Result<(), TransferError> {
    let changed = change(tx, &addition.change).await?;
    addition.made(changed)
}

async fn must_be_there(tx: &Tx, id: &AppId) -> Result<(), TransferError> {
    match lock_space(tx, id).await? {
        Some(_) => Ok(()),
        None => Err(TransferError::orphan("application or channel", id)),
    }
}

async fn chat_group(tx: &Tx, record: &ChatGroupRecord) -> Result<(), TransferError> {
    let chat = &record.chat_group;
    let Some(group) = find_group(tx, &chat.at).await? else {
        return Err(TransferError::orphan("group", format!("{}/{}", chat.at.app, chat.at.group)));
    };
    Ok(insert_chat_group(tx, chat, group.number, record.status_since).await?)
}

async fn invite(tx: &Tx, invite: &InviteRecord) -> Result<(), TransferError> {
    let rows = tx
        .execute(
            "INSERT INTO invite (code, app, id, created_at, revoked_at)
             SELECT $1, c.app, c.id, $4, $5 FROM chat_group c WHERE c.app = $2 AND c.id = $3",
            values![
                invite.code,
                invite.at.app.as_str(),
                invite.at.group.as_str(),
                invite.created_at.0,
                invite.revoked_at.map(|at| at.0),
            ],
        )
        .await?;
    if rows > 0 {
        return Ok(());
    }
    Err(TransferError::orphan("customer group", format!("{}/{}", invite.at.app, invite.at.group)))
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
