//! A storm: everybody in one group loses the connection at once, comes back, and is sent what was said meanwhile.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{net::TcpStream, task::JoinSet, time::Instant};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use super::{
    say,
    stage::{Filled, Process, enter},
    talk,
};

/// Messages that each member has missed.
const MISSED: u64 = 50;
/// Members that come back at a time, as many as a client machine opens connections.
const COMING: usize = 256;
/// How long everybody may take to come back.
const PATIENCE: Duration = Duration::from_secs(120);

/// The time until the last of the members is back and has what it missed.
pub(super) async fn measure(server: &Process, filled: &Filled) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let (address, group) = (server.address, filled.viewer_groups.first().context("a group")?);
    let (speaker, members) = filled.tokens.split_first().context("tokens")?;
    let there = arrive(address, group, members, None).await?;
    let position = there.position.context("a position")?;
    let mut speaker = enter(address, speaker, group).await?;
    drop(there.sockets);
    talk::publish(&mut speaker, group, MISSED, |sent| sent < MISSED).await?;
    let (cpu, begun) = (server.cpu()?, Instant::now());
    let back = tokio::time::timeout(PATIENCE, arrive(address, group, members, Some(position)));
    let back = back.await.context("members are missing")??;
    let (took, cpu) = (begun.elapsed(), server.cpu()?.saturating_sub(cpu));
    anyhow::ensure!(back.recovered == members.len(), "{} of {} recovered", back.recovered, members.len());
    say(&format!(
        "storm: {} members of one group are back in {took:?}, each with {MISSED} messages that it had missed, {cpu:?} of the \
         server's CPU (bar: 10,000 in 5 s)",
        back.sockets.len()
    ))
}

/// Where a member stands in the group's stream.
#[derive(Clone, Debug)]
struct Position {
    epoch: String,
    offset: u64,
}

/// Members who are there.
#[derive(Default)]
struct There {
    sockets: Vec<WebSocketStream<TcpStream>>,
    /// How many were sent all that they had missed.
    recovered: usize,
    /// Where the stream stood when one of them came.
    position: Option<Position>,
}

async fn arrive(
    address: SocketAddr,
    group: &str,
    tokens: &[String],
    behind: Option<Position>,
) -> anyhow::Result<There> {
    let mut coming = JoinSet::new();
    for lane in 0..COMING {
        let tokens: Vec<_> = tokens.iter().skip(lane).step_by(COMING).cloned().collect();
        let (group, behind) = (group.to_owned(), behind.clone());
        coming.spawn(async move {
            let mut there = There::default();
            for token in tokens {
                come(address, &group, &token, behind.as_ref(), &mut there).await?;
            }
            anyhow::Ok(there)
        });
    }
    let mut all = There::default();
    while let Some(lane) = coming.join_next().await {
        let lane = lane??;
        all.sockets.extend(lane.sockets);
        all.recovered += lane.recovered;
        all.position = lane.position.or(all.position);
    }
    Ok(all)
}

/// Connects, logs in and joins in one frame, as an SDK does that comes back.
async fn come(
    address: SocketAddr,
    group: &str,
    token: &str,
    behind: Option<&Position>,
    there: &mut There,
) -> anyhow::Result<()> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let url = format!("ws://{address}/connection/websocket");
    let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await?;
    let subscribe = match behind {
        None => serde_json::json!({ "channel": format!("g:{group}") }),
        Some(Position { epoch, offset }) => serde_json::json!({
            "channel": format!("g:{group}"), "recover": true, "epoch": epoch, "offset": offset
        }),
    };
    let connect = serde_json::json!({ "id": 1, "connect": { "token": token } });
    let subscribe = serde_json::json!({ "id": 2, "subscribe": subscribe });
    socket.send(Message::text(format!("{connect}\n{subscribe}"))).await?;
    loop {
        let frame = socket.next().await.context("the server closed a member's connection")??;
        for line in frame.into_text()?.lines() {
            let reply: serde_json::Value = serde_json::from_str(line)?;
            anyhow::ensure!(reply["error"].is_null(), "a member was refused: {line}");
            if reply["id"] != 2 {
                continue;
            }
            let result = &reply["subscribe"];
            let missed = result["publications"].as_array().map_or(0, Vec::len) as u64;
            there.recovered += usize::from(result["recovered"] == true && missed >= MISSED);
            there.position = Some(Position {
                epoch: result["epoch"].as_str().unwrap_or_default().to_owned(),
                offset: result["offset"].as_u64().unwrap_or(0),
            });
            there.sockets.push(socket);
            return Ok(());
        }
    }
}
