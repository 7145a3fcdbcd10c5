//! The one accept loop.

use std::{future::Future, net::SocketAddr, pin::pin, time::Duration};

use muster_core::complaint::Complaint;
use tokio::net::{TcpListener, TcpStream};

/// How long accepting pauses after a failure. Most failures, such as having no file descriptor left, stay for a while:
/// without a pause the loop would use a whole core until then.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until `stop` ends and hands each to `each`, which must not wait. Failures are said once, as
/// failures of `what`, and tried again.
pub(crate) async fn accept(
    listener: &TcpListener,
    what: &'static str,
    stop: impl Future<Output = ()>,
    mut each: impl FnMut(TcpStream, SocketAddr),
) {
    let complaint = Complaint::about(what);
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.as_mut() => return,
        };
        match complaint.note(accepted) {
            Some((stream, peer)) => each(stream, peer),
            None => tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = stop.as_mut() => return,
            },
        }
    }
}
