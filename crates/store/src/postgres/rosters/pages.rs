//! Pages of rosters by number and by join number, each one statement, so that it sees one state of the roster.

use std::sync::LazyLock;

use muster_core::{
    group::{Order, Page, Slice},
    id::GroupRef,
    roster::{Member, PageQuery, WalkQuery},
};

use super::{
    plan::{BLOCK_BITS, LEVELS},
    rows::member,
};
use crate::postgres::{
    database::Connection,
    fault::Fault,
    records::{all, bigint, unsigned},
    values::values,
};

/// The columns of a member as callers get it.
const COLUMNS: &str = "m.user_id, m.info, m.number, m.joined_at, m.node IS NOT NULL AS connected";

/// The statements of one direction.
struct Statements {
    /// `$1` application, `$2` group, `$3` members to pass over, `$4` members at most.
    page: String,
    /// `$1` application, `$2` group, `$3` the number after which to begin, `$4` members at most.
    walk: String,
}

static ASCENDING: LazyLock<Statements> = LazyLock::new(|| statements("ASC", ">"));
static DESCENDING: LazyLock<Statements> = LazyLock::new(|| statements("DESC", "<"));

fn direction(order: Order) -> &'static Statements {
    match order {
        Order::Ascending => &ASCENDING,
        Order::Descending => &DESCENDING,
    }
}

fn statements(direction: &str, beyond: &str) -> Statements {
    Statements { page: page_statement(direction), walk: walk_statement(direction, beyond) }
}

/// Goes down the levels of blocks: at each it adds up the blocks' members until the one that holds the rank is found,
/// and takes along how many members of that block are still to be passed over. The database stops adding there.
fn page_statement(direction: &str) -> String {
    let width = 1_u64 << BLOCK_BITS;
    let mut sql =
        "WITH r AS MATERIALIZED (SELECT listed FROM roster WHERE app = $1 AND grp = $2 AND NOT closed)"
            .to_owned();
    for level in (1..=LEVELS).rev() {
        let above = level + 1;
        let (passed, within) = if level == LEVELS {
            ("$3".to_owned(), String::new())
        } else {
            let within = format!(
                "AND block >= (SELECT block * {width} FROM l{above})
                 AND block < (SELECT (block + 1) * {width} FROM l{above})"
            );
            (format!("(SELECT passed FROM l{above})"), within)
        };
        sql.push_str(&format!(
            ", l{level} AS MATERIALIZED (
                SELECT block, passed FROM (
                    SELECT block, members, {passed} - (sum(members) OVER w - members)::bigint AS passed
                    FROM member_block WHERE app = $1 AND grp = $2 AND level = {level} {within}
                    WINDOW w AS (ORDER BY block {direction})
                ) s WHERE passed < members LIMIT 1)"
        ));
    }
    let start = if direction == "ASC" {
        format!("m.number >= (SELECT block * {width} FROM l1)")
    } else {
        format!("m.number < (SELECT (block + 1) * {width} FROM l1)")
    };
    sql.push_str(&format!(
        " SELECT r.listed, page.* FROM r LEFT JOIN LATERAL (
            SELECT {COLUMNS} FROM member m WHERE m.app = $1 AND m.grp = $2 AND {start}
            ORDER BY m.number {direction} LIMIT $4 OFFSET (SELECT passed FROM l1)
          ) page ON true ORDER BY page.number {direction}"
    ));
    sql
}

fn walk_statement(direction: &str, beyond: &str) -> String {
    format!(
        "SELECT {COLUMNS} FROM member m
         WHERE m.app = $1 AND m.grp = $2 AND m.number {beyond} $3
           AND EXISTS (SELECT 1 FROM roster WHERE app = $1 AND grp = $2 AND NOT closed)
         ORDER BY m.number {direction} LIMIT $4"
    )
}

/// A page by number. The whole of the list is as long as it has rows: members who are only counted are not in it.
pub(super) async fn page(
    connection: &Connection,
    at: &GroupRef,
    query: PageQuery,
) -> Result<Page<Member>, Fault> {
    let (skip, limit) = (bigint(query.window.skip), bigint(query.window.limit as u64));
    let rows = connection
        .query(&direction(query.order).page, values![at.app.as_str(), at.group.as_str(), skip, limit])
        .await?;
    let total = rows.first().map(|row| unsigned(row, "listed")).transpose()?.unwrap_or(0);
    // Without a member on the page there is one row all the same: it says how long the list is.
    let there = rows.iter().filter(|row| !matches!(row.try_get("user_id"), Ok(None::<&str>)));
    Ok(Page { entries: there.map(member).collect::<Result<_, _>>()?, total })
}

/// The next part of a walk.
pub(super) async fn walk(
    connection: &Connection,
    at: &GroupRef,
    query: WalkQuery,
) -> Result<Slice<Member>, Fault> {
    let start = match query.order {
        Order::Ascending => 0,
        Order::Descending => i64::MAX,
    };
    let after = query.after.map_or(start, bigint);
    let one_more = bigint(query.limit as u64).saturating_add(1);
    let rows = connection
        .query(&direction(query.order).walk, values![at.app.as_str(), at.group.as_str(), after, one_more])
        .await?;
    Ok(Slice::cut(all(&rows, member)?, query.limit))
}
