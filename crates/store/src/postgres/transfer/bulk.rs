//! Writes records of which there may be very many, those of a part with one statement for each table.
//!
//! A row is added where what it names is there. So when fewer rows were added than there are records, one of the
//! records is of something that did not come before it.

use std::collections::{BTreeSet, HashMap};

use muster_core::{
    id::UserId,
    transfer::{GroupRecord, MemberRecord, MessageCount, Record, StreamEntry, TransferError, UserStream},
};

use crate::{
    codes::json,
    postgres::{
        database::Tx,
        entries::Entries,
        fault::Fault,
        records::bigint,
        values::{bytes, values},
        writes::{OF_GROUP, OF_USER, name_of},
    },
};

/// The numbers of streams that were given.
#[derive(Default)]
pub(super) struct Numbers {
    /// The last one: a group's, or one that a user's stream was given here.
    pub(super) last: i64,
}

/// The records of one kind, which all of them are.
fn of<'a, T>(records: &'a [Record], pick: fn(&'a Record) -> Option<&'a T>) -> Vec<&'a T> {
    records.iter().filter_map(pick).collect()
}

/// Fails when fewer rows were added than there are records, with the first group of the records that is not there.
async fn must_be_all(tx: &Tx, added: u64, apps: &[&str], groups: &[&str]) -> Result<(), TransferError> {
    if added >= apps.len() as u64 {
        return Ok(());
    }
    let sql = "SELECT k.app, k.id FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k (app, id, place)
               WHERE NOT EXISTS (SELECT 1 FROM grp g WHERE g.app = k.app AND g.id = k.id)
               ORDER BY k.place LIMIT 1";
    let row = tx.query_opt(sql, values![apps.to_vec(), groups.to_vec()]).await?;
    let name = |row: &tokio_postgres::Row| {
        let (app, group): (&str, &str) = (row.try_get("app")?, row.try_get("id")?);
        Ok::<_, Fault>(format!("{app}/{group}"))
    };
    Err(TransferError::orphan("group", row.as_ref().map(name).transpose()?.unwrap_or_default()))
}

/// Adds groups with their rosters and streams.
pub(super) async fn groups(tx: &Tx, records: &[Record], numbers: &mut Numbers) -> Result<(), TransferError> {
    let records: Vec<&GroupRecord> = of(records, |record| match record {
        Record::Group(group) => Some(group),
        _ => None,
    });
    let groups = || records.iter().map(|record| &record.group);
    let apps: Vec<_> = groups().map(|group| group.at.app.as_str()).collect();
    let ids: Vec<_> = groups().map(|group| group.at.group.as_str()).collect();
    let given: Vec<_> = groups().map(|group| group.number).collect();
    let deleted_at: Vec<_> = groups().map(|group| group.deletion.as_ref().map(|end| end.at.0)).collect();
    let by = |user: Option<&'_ UserId>| user.map(|user| user.as_str().to_owned());
    let added = tx
        .execute(
            "INSERT INTO grp (app, id, number, epoch, creator, admins, name, info, extension, created_at, deleted_at,
               deleted_by)
             SELECT k.* FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
               $7::bytea[], $8::bytea[], $9::text[], $10::bigint[], $11::bigint[], $12::text[]) AS k (app, id, number,
               epoch, creator, admins, name, info, extension, created_at, deleted_at, deleted_by)
             JOIN space s ON s.app = k.app",
            values![
                apps,
                ids,
                given,
                groups().map(|group| group.epoch.as_str()).collect::<Vec<_>>(),
                groups().map(|group| by(group.creator.as_ref())).collect::<Vec<_>>(),
                groups().map(|group| json(&group.admins)).collect::<Vec<_>>(),
                groups().map(|group| bytes(group.name.as_deref())).collect::<Vec<_>>(),
                groups().map(|group| bytes(group.info.as_deref())).collect::<Vec<_>>(),
                groups().map(|group| json(&group.extension)).collect::<Vec<_>>(),
                groups().map(|group| group.created_at.0).collect::<Vec<_>>(),
                deleted_at,
                groups()
                    .map(|group| by(group.deletion.as_ref().and_then(|end| end.by.as_ref())))
                    .collect::<Vec<_>>(),
            ],
        )
        .await?;
    must_be_all(tx, added, &apps, &ids).await?;
    let closed: Vec<_> = deleted_at.iter().map(Option::is_some).collect();
    tx.execute(
        "INSERT INTO roster (app, grp, next_join, views, super_group, closed, visitors)
         SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::boolean[], $6::boolean[],
           $7::bigint[])",
        values![
            apps,
            ids,
            records.iter().map(|record| bigint(record.next_join)).collect::<Vec<_>>(),
            records.iter().map(|record| bigint(record.views)).collect::<Vec<_>>(),
            records.iter().map(|record| record.super_group).collect::<Vec<_>>(),
            closed,
            records.iter().map(|record| bigint(record.visitors)).collect::<Vec<_>>(),
        ],
    )
    .await?;
    let sequences: Vec<_> = records.iter().map(|record| bigint(record.sequence)).collect();
    tx.execute(
        "INSERT INTO stream (app, kind, name, number, sequence, closed)
         SELECT k.app, $6, k.name, k.number, k.sequence, k.closed
         FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::boolean[])
           AS k (app, name, number, sequence, closed)",
        values![apps, ids, given, sequences, closed, OF_GROUP],
    )
    .await?;
    numbers.last = given.into_iter().fold(numbers.last, i64::max);
    Ok(())
}

/// Adds counts of messages.
pub(super) async fn message_counts(tx: &Tx, records: &[Record]) -> Result<(), TransferError> {
    let counts: Vec<&MessageCount> = of(records, |record| match record {
        Record::MessageCount(count) => Some(count),
        _ => None,
    });
    let apps: Vec<_> = counts.iter().map(|count| count.app.as_str()).collect();
    let groups: Vec<_> = counts.iter().map(|count| count.group.as_str()).collect();
    let added = tx
        .execute(
            "INSERT INTO message_count (app, stream, kind, total)
             SELECT g.app, g.number, k.kind, k.total
             FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS k (app, id, kind, total)
             JOIN grp g ON g.app = k.app AND g.id = k.id",
            values![
                apps,
                groups,
                counts.iter().map(|count| count.kind).collect::<Vec<_>>(),
                counts.iter().map(|count| bigint(count.total.get())).collect::<Vec<_>>(),
            ],
        )
        .await?;
    must_be_all(tx, added, &apps, &groups).await
}

/// Adds durable members. Their blocks are counted at the end.
pub(super) async fn members(tx: &Tx, records: &[Record]) -> Result<(), TransferError> {
    let members: Vec<&MemberRecord> = of(records, |record| match record {
        Record::Member(member) => Some(member),
        _ => None,
    });
    let apps: Vec<_> = members.iter().map(|member| member.app.as_str()).collect();
    let groups: Vec<_> = members.iter().map(|member| member.group.as_str()).collect();
    let added = tx
        .execute(
            "INSERT INTO member (app, grp, user_id, number, joined_at, durable, info)
             SELECT g.app, g.id, k.user_id, k.number, k.joined_at, true, k.info
             FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bytea[])
               AS k (app, id, user_id, number, joined_at, info)
             JOIN grp g ON g.app = k.app AND g.id = k.id",
            values![
                apps,
                groups,
                members.iter().map(|member| member.user.as_str()).collect::<Vec<_>>(),
                members.iter().map(|member| bigint(member.number)).collect::<Vec<_>>(),
                members.iter().map(|member| member.joined_at.0).collect::<Vec<_>>(),
                members.iter().map(|member| bytes(member.info.as_deref())).collect::<Vec<_>>(),
            ],
        )
        .await?;
    must_be_all(tx, added, &apps, &groups).await
}

/// Adds users' streams. Each takes a number that no group has.
pub(super) async fn user_streams(
    tx: &Tx,
    records: &[Record],
    numbers: &mut Numbers,
) -> Result<(), TransferError> {
    let streams: Vec<&UserStream> = of(records, |record| match record {
        Record::UserStream(stream) => Some(stream),
        _ => None,
    });
    let apps: Vec<_> = streams.iter().map(|stream| stream.app.as_str()).collect();
    let users: Vec<_> = streams.iter().map(|stream| stream.user.as_str()).collect();
    let sequences: Vec<_> = streams.iter().map(|stream| bigint(stream.sequence)).collect();
    let added = tx
        .execute(
            "INSERT INTO stream (app, kind, name, number, sequence)
             SELECT k.app, $4, k.name, $5 + k.place, k.sequence
             FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY AS k (app, name, sequence, place)
             JOIN space s ON s.app = k.app",
            values![apps, users, sequences, OF_USER, numbers.last],
        )
        .await?;
    numbers.last += bigint(streams.len() as u64);
    if added >= streams.len() as u64 {
        return Ok(());
    }
    let sql = "SELECT k.app FROM unnest($1::text[]) AS k (app)
               WHERE NOT EXISTS (SELECT 1 FROM space s WHERE s.app = k.app) LIMIT 1";
    let row = tx.query_opt(sql, values![apps]).await?;
    let name: Option<String> = row.map(|row| row.try_get("app").map_err(Fault::from)).transpose()?;
    Err(TransferError::orphan("application or channel", name.unwrap_or_default()))
}

/// Adds entries of streams.
pub(super) async fn entries(tx: &Tx, records: &[Record]) -> Result<(), TransferError> {
    let stored: Vec<&StreamEntry> = of(records, |record| match record {
        Record::Entry(entry) => Some(entry),
        _ => None,
    });
    let key = |one: &'_ StreamEntry| {
        let (app, kind, name) = name_of(&one.stream);
        (app.as_str().to_owned(), kind, name.to_owned())
    };
    let keys: BTreeSet<_> = stored.iter().map(|one| key(one)).collect();
    let rows = tx
        .query(
            "SELECT s.app, s.kind, s.name, s.number
             FROM unnest($1::text[], $2::bigint[], $3::text[]) AS k (app, kind, name)
             JOIN stream s ON s.app = k.app AND s.kind = k.kind AND s.name = k.name",
            values![
                keys.iter().map(|(app, ..)| app.as_str()).collect::<Vec<_>>(),
                keys.iter().map(|(_, kind, _)| *kind).collect::<Vec<_>>(),
                keys.iter().map(|(.., name)| name.as_str()).collect::<Vec<_>>(),
            ],
        )
        .await?;
    let mut numbers = HashMap::with_capacity(rows.len());
    for row in &rows {
        let key: (String, i64, String) = (row_get(row, "app")?, row_get(row, "kind")?, row_get(row, "name")?);
        numbers.insert(key, row_get::<i64>(row, "number")?);
    }
    let mut columns = Entries::default();
    for one in &stored {
        let key = key(one);
        let Some(number) = numbers.get(&key) else {
            return Err(TransferError::orphan("stream", format!("{}/{}", key.0, key.2)));
        };
        columns.push(one.stream.app().as_str(), *number, one.entry.sequence);
        columns.push_event(&one.entry.event, one.entry.at);
    }
    Ok(columns.insert(tx).await?)
}

fn row_get<'a, T: tokio_postgres::types::FromSql<'a>>(
    row: &'a tokio_postgres::Row,
    column: &str,
) -> Result<T, Fault> {
    Ok(row.try_get(column)?)
}
