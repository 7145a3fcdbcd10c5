//! How much one connection can say: durable messages a second with so many under way, beside what the disk allows whoever
//! waits for each.

use std::{io::Write as _, net::SocketAddr, path::Path, time::Duration};

use anyhow::Context as _;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{net::TcpStream, time::Instant};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use super::{
    say,
    stage::{Filled, enter},
};

/// Messages that the sender has under way, measured one after the other.
const IN_FLIGHT: [u64; 3] = [1, 64, 256];
/// Bytes of an entry of the yardstick's log: about those of a message.
const ENTRY: [u8; 256] = [b'.'; 256];

/// Messages that one connection to a server over `store` has stored and answered, each second.
pub(super) async fn measure(
    address: SocketAddr,
    filled: &Filled,
    seconds: u64,
    store: &str,
    bar: &str,
) -> anyhow::Result<()> {
    let token = filled.tokens.first().context("a token")?;
    for in_flight in IN_FLIGHT {
        let mut sender = enter(address, token, &filled.live_group).await?;
        let begun = Instant::now();
        let more = |_| begun.elapsed() < Duration::from_secs(seconds);
        let sent = publish(&mut sender, &filled.live_group, in_flight, more).await?;
        say(&format!(
            "talk of one connection over {store}, {in_flight} in flight: {:.0} durable messages/s ({bar})",
            rate(sent, begun.elapsed())
        ))?;
    }
    Ok(())
}

/// The yardstick: entries of a message's length that are appended to a file and synced one by one, on the same disk.
pub(super) async fn bare(directory: &Path, seconds: u64) -> anyhow::Result<()> {
    let path = directory.join("yardstick");
    let appended = tokio::task::spawn_blocking(move || {
        let mut file = std::fs::File::create(path)?;
        let begun = Instant::now();
        let mut entries = 0;
        while begun.elapsed() < Duration::from_secs(seconds) {
            file.write_all(&ENTRY)?;
            file.sync_data()?;
            entries += 1;
        }
        anyhow::Ok(rate(entries, begun.elapsed()))
    });
    say(&format!(
        "(a bare file on the same disk, synced after each entry: {:.0} entries/s)",
        appended.await??
    ))
}

/// Publishes with so many messages under way, as long as `more` says of the number sent; how many were acknowledged.
pub(super) async fn publish(
    socket: &mut WebSocketStream<TcpStream>,
    group: &str,
    in_flight: u64,
    more: impl Fn(u64) -> bool,
) -> anyhow::Result<u64> {
    let (mut sent, mut acknowledged) = (0, 0);
    loop {
        while sent - acknowledged < in_flight && more(sent) {
            sent += 1;
            let id = sent + 2;
            let command = format!(
                "{{\"id\":{id},\"publish\":{{\"channel\":\"g:{group}\",\"data\":\"a message of some length\"}}}}"
            );
            socket.feed(Message::text(command)).await?;
        }
        socket.flush().await?;
        if sent == acknowledged {
            return Ok(sent);
        }
        let frame = socket.next().await.context("the server closed the sender's connection")??;
        let text = frame.into_text()?;
        anyhow::ensure!(!text.contains("\"error\""), "a message was refused: {text}");
        acknowledged += text.matches("\"publish\":").count() as u64;
    }
}

fn rate(count: u64, time: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let count = count as f64;
    count / time.as_secs_f64()
}
