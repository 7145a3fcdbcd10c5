//! How all nodes do, side by side: each is asked for its own last hour, and who does not answer is named.
//!
//! Which nodes there are is told by their leases, which stand in the store; with the embedded store there is one.

use std::{collections::HashMap, time::Duration};

use futures_util::future::join_all;
use muster_core::{
    bus::{NoReceipt, Question},
    id::{GroupRef, NodeId},
    service::Muster,
    store::NodeLease,
    time::Millis,
};
use serde::Serialize;

use super::{
    busy,
    overview::{EVERY, Overview, Told},
};

/// How long a node may take to answer: it does so out of memory, and a page waits.
const PATIENCE: Duration = Duration::from_secs(2);
/// For so long a node is named whose lease is over.
const GONE_SHOWN: Duration = Duration::from_secs(600);
/// Groups that are told of.
const GROUPS: usize = 10;
/// Groups whose members are counted, to find out to whom the most is delivered.
const CANDIDATES: usize = 20;
/// Seconds that messages of groups are counted over.
const MINUTE: u64 = 60;

/// A node.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "camelCase")]
enum Row {
    /// It answered.
    Answers(Told),
    /// It holds a lease and does not answer.
    Silent { node: NodeId, why: Silence },
    /// Its lease is over, for so many milliseconds: it was stopped, or it died.
    Gone {
        node: NodeId,
        #[serde(rename = "forMillis")]
        for_millis: u64,
    },
}

/// Why a node has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Silence {
    /// Nobody listens by its name: it has died, or NATS does not reach it.
    NoNode,
    /// It, or the way to it, is slow.
    Late,
    /// It is of a version that knows no such question, or answers in another form.
    OtherVersion,
    /// NATS carries less than its answer has.
    TooLarge,
    /// The node that asks reaches no other.
    CutOff,
}

impl From<NoReceipt> for Silence {
    fn from(why: NoReceipt) -> Self {
        match why {
            NoReceipt::NoNode => Self::NoNode,
            NoReceipt::Late => Self::Late,
            NoReceipt::NotUnderstood => Self::OtherVersion,
            NoReceipt::TooLarge(_) => Self::TooLarge,
            NoReceipt::Bus(_) => Self::CutOff,
        }
    }
}

/// One of the busiest groups.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BusyGroup {
    app_id: String,
    group_id: String,
    name: String,
    /// Who is in it now.
    members: u64,
    /// Messages by the second, over the last minute.
    messages: f64,
}

/// What a page is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cluster {
    /// The node that was asked by the page.
    answered_by: NodeId,
    every_seconds: u64,
    /// Whether it is known which nodes there are: not while the store is away.
    complete: bool,
    nodes: Vec<Row>,
    /// The busiest first: those with the most deliveries.
    groups: Vec<BusyGroup>,
}

/// What a page is told that has what each node noted until `since`.
pub(super) async fn told(muster: &Muster, overview: &Overview, since: Millis) -> Cluster {
    let own = overview.told(since);
    let answered_by = own.node.clone();
    let (complete, leases) = match muster.nodes().others(GONE_SHOWN).await {
        Ok(leases) => (true, leases),
        Err(error) => {
            tracing::warn!(%error, "the overview shows one node: which others there are cannot be read");
            (false, Vec::new())
        }
    };
    let others = join_all(leases.into_iter().map(|lease| row(muster, lease, since))).await;
    let mut nodes: Vec<Row> = std::iter::once(Row::Answers(own)).chain(others).collect();
    let mut heard = Vec::new();
    for row in &mut nodes {
        if let Row::Answers(told) = row {
            heard.append(&mut told.groups);
        }
    }
    let groups = if complete { busiest(muster, busy::together(heard)).await } else { Vec::new() };
    nodes.sort_by(|one, other| one.node().cmp(other.node()));
    Cluster { answered_by, every_seconds: EVERY.as_secs(), complete, nodes, groups }
}

impl Row {
    fn node(&self) -> &NodeId {
        match self {
            Self::Answers(Told { node, .. }) | Self::Silent { node, .. } | Self::Gone { node, .. } => node,
        }
    }
}

async fn row(muster: &Muster, NodeLease { node, over_for }: NodeLease, since: Millis) -> Row {
    if let Some(over) = over_for {
        let for_millis = u64::try_from(over.as_millis()).unwrap_or(u64::MAX);
        return Row::Gone { node, for_millis };
    }
    let answer = muster.nodes().ask(&node, Question::Overview { since }, PATIENCE).await;
    let told = answer.map_err(Silence::from).and_then(|bytes| {
        serde_json::from_slice(&bytes).map_err(|error| {
            tracing::debug!(%error, %node, "a node tells how it does in another form");
            Silence::OtherVersion
        })
    });
    match told {
        Ok(told) => Row::Answers(told),
        Err(why) => Row::Silent { node, why },
    }
}

/// Of groups and their messages of the last minute those with the most deliveries.
async fn busiest(muster: &Muster, counts: Vec<(GroupRef, u64)>) -> Vec<BusyGroup> {
    let counts: HashMap<GroupRef, u64> = counts.into_iter().take(CANDIDATES).collect();
    let found = join_all(counts.into_iter().map(async |(at, messages)| {
        // Customer groups have no roster of connections, and of a group that is gone there is nothing to say.
        let (group, tally) = muster.operator().group(&at).await.ok()?;
        let name = group.name.as_deref().unwrap_or_default().to_owned();
        let (app_id, group_id) = (at.app.to_string(), at.group.to_string());
        let by_the_second = f64::from(u32::try_from(messages).unwrap_or(u32::MAX)) / MINUTE as f64;
        let busy = BusyGroup { app_id, group_id, name, members: tally.online, messages: by_the_second };
        Some((messages.saturating_mul(tally.online), busy))
    }));
    let mut groups: Vec<_> = found.await.into_iter().flatten().collect();
    groups.sort_by(|(few, one), (many, other)| many.cmp(few).then_with(|| one.group_id.cmp(&other.group_id)));
    groups.truncate(GROUPS);
    groups.into_iter().map(|(_, group)| group).collect()
}
