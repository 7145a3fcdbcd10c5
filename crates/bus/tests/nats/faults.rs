//! What happens when NATS, or the way to it, is not there.

use std::sync::{Arc, Mutex, mpsc};

use muster_core::{
    bus::{Bus, Listener, Notice},
    message::StreamRef,
};

use crate::support::{Heard, Node, Server, eventually, group, left, said};

#[tokio::test]
async fn a_node_moves_to_another_server_when_its_own_dies_and_looks_everything_up() {
    let mut servers = Server::cluster(true).await;
    // It knows one server, and learns of the others from it.
    let (moving, staying) = (Node::new(&servers[0].url()).await, Node::new(&servers[1].url()).await);
    let at = group("g");
    moving.follow(&at).await;
    servers[0].kill();
    moving.log.hears(Heard::Resumed).await;
    assert_eq!(moving.bus.fault(), None);
    assert_eq!(moving.figure("bus_reconnects"), 1);
    // The servers tell each other who subscribes a moment after the subscription.
    let arrives = async || {
        staying.tell(left(&at, 1)).await;
        moving.log.heard().contains(&Heard::Notice(left(&at, 1)))
    };
    assert!(eventually(arrives).await);
}

#[tokio::test]
async fn without_nats_a_node_goes_on_alone_and_heals_when_it_is_back() {
    let mut server = Server::start("").await;
    let (one, other) = (Node::new(&server.url()).await, Node::new(&server.url()).await);
    let (before, during) = (group("before"), group("during"));
    other.follow(&before).await;
    server.kill();
    assert!(eventually(async || one.bus.fault().is_some() && other.bus.fault().is_some()).await);
    let fault = one.bus.fault().unwrap();
    assert!(fault.starts_with("NATS cannot be reached: "), "{fault}");
    assert_eq!(one.figure("bus_connected"), 0);

    other.bus.follow(&during);
    // Far more than may wait for a connection: none of them may wait.
    for n in 0..20_000 {
        let error = one.bus.publish(left(&before, n)).await.unwrap_err();
        assert!(error.to_string().contains("NATS cannot be reached"), "{error}");
    }
    assert_eq!(one.log.notices().len(), 20_000);
    assert_eq!(one.figure("bus_dropped"), 20_000);

    server.restart().await;
    one.log.hears(Heard::Resumed).await;
    other.log.hears(Heard::Resumed).await;
    other.log.hears(Heard::Followed(during.clone())).await;
    assert_eq!((one.bus.fault(), other.bus.fault()), (None, None));
    for group in [&before, &during] {
        one.tell(left(group, 1)).await;
        other.log.hears(Heard::Notice(left(group, 1))).await;
    }
}

#[tokio::test]
async fn a_node_that_starts_without_nats_finds_it_later() {
    let mut server = Server::start("").await;
    server.kill();
    let node = Node::new(&server.url()).await;
    assert!(node.bus.fault().is_some());
    let at = group("g");
    node.bus.follow(&at);
    node.bus.publish(left(&at, 1)).await.unwrap_err();
    assert_eq!(node.log.notices(), [left(&at, 1)]);
    server.restart().await;
    node.log.hears(Heard::Resumed).await;
    node.log.hears(Heard::Followed(at.clone())).await;
    let other = Node::new(&server.url()).await;
    other.tell(left(&at, 2)).await;
    node.log.hears(Heard::Notice(left(&at, 2))).await;
}

#[tokio::test]
async fn others_hear_what_a_node_could_not_send_while_it_was_cut_off() {
    let mut servers = Server::cluster(false).await;
    let (cut_off, other) = (Node::new(&servers[0].url()).await, Node::new(&servers[1].url()).await);
    let at = group("g");
    other.follow(&at).await;
    servers[0].kill();
    assert!(eventually(async || cut_off.bus.fault().is_some()).await);
    cut_off.bus.publish(said(&at, Some(4), "stored")).await.unwrap_err();
    cut_off.bus.publish(left(&at, 1)).await.unwrap_err();
    assert_eq!(other.bus.fault(), None);
    servers[0].restart().await;
    other.log.hears(Heard::Resumed).await;
    other.log.hears(Heard::Reached(StreamRef::Group(at.clone()), 4)).await;
    assert_eq!(other.figure("bus_reconnects"), 0);
}

/// Takes no notice until the other end of the channel is gone.
struct Stuck(Mutex<mpsc::Receiver<()>>);

impl Listener for Stuck {
    fn notice(&self, _: &Notice) {
        let _ = self.0.lock().unwrap().recv();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_whose_listeners_are_too_slow_looks_everything_up() {
    let server = Server::start("").await;
    let (sender, slow) = (Node::new(&server.url()).await, Node::new(&server.url()).await);
    let at = group("g");
    slow.follow(&at).await;
    let (release, held) = mpsc::channel();
    slow.bus.listen(Arc::new(Stuck(Mutex::new(held))));
    let overrun = async || {
        for _ in 0..1000 {
            // A burst may be more than may wait to be sent; enough of it arrives.
            let _ = sender.bus.publish(left(&at, 1)).await;
        }
        slow.figure("bus_overruns") > 0
    };
    assert!(eventually(overrun).await);
    slow.log.hears(Heard::Resumed).await;
    drop(release);
    assert_eq!(slow.bus.fault(), None);
    assert_eq!(slow.figure("bus_reconnects"), 0);
}
