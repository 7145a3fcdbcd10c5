//! What one node sends another alone.

use std::time::Duration;

use futures_util::StreamExt as _;
use muster_core::{
    bus::{Bus, Letter, NoReceipt, Receipt},
    id::NodeId,
};

use crate::support::{Heard, Node, Server, commands, eventually, group, left};

fn names() -> [NodeId; 3] {
    ["a.1", "b", "c"].map(|name| NodeId::new(name).unwrap())
}

#[tokio::test]
async fn a_letter_reaches_its_node_in_order_and_no_other_and_says_what_became_of_it() {
    let server = Server::start("").await;
    let [a, b, c] = names();
    let one = Node::named(&server.url(), &a).await;
    let other = Node::named(&server.url(), &b).await;
    let third = Node::named(&server.url(), &c).await;
    let notice = left(&group("g"), 1);
    assert_eq!(one.send(&b, Letter::Notice(notice.clone())).await, Ok(Receipt::Taken));
    for number in 0..=255 {
        assert_eq!(one.send(&b, commands("key", &[number])).await, Ok(Receipt::Taken));
    }
    assert_eq!(one.send(&b, commands("another", b"{}")).await, Ok(Receipt::NoConnection));
    let said = (0..=255).map(|number| Heard::Commands(vec![number]));
    let expected: Vec<_> = [Heard::Notice(notice)].into_iter().chain(said).collect();
    assert_eq!(other.log.heard(), expected, "a receipt comes when the listeners have it");
    assert_eq!(third.send(&c, commands("key", b"own")).await, Ok(Receipt::Taken));
    assert_eq!(third.log.heard(), [Heard::Commands(b"own".to_vec())]);
    assert_eq!((one.log.heard(), one.figure("bus_letters")), (vec![], 258));
}

#[tokio::test]
async fn a_letter_to_nobody_and_one_too_large_are_told_at_once() {
    let server = Server::start("max_payload: 4096").await;
    let [a, b, _] = names();
    let one = Node::named(&server.url(), &a).await;
    assert_eq!(one.send(&b, commands("key", b"{}")).await, Err(NoReceipt::NoNode));
    let _other = Node::named(&server.url(), &b).await;
    let large = one.send(&b, commands("key", &[0; 5_000])).await;
    assert!(matches!(large, Err(NoReceipt::TooLarge(size)) if size > 5_000), "{large:?}");
}

#[tokio::test]
async fn a_node_is_reached_by_the_name_that_it_has_now() {
    let mut server = Server::start("").await;
    let [a, b, c] = names();
    let one = Node::named(&server.url(), &a).await;
    let other = Node::named(&server.url(), &b).await;
    other.bus.named(&c);
    let answers = async |to: &NodeId| one.send(to, commands("key", b"{}")).await;
    assert!(eventually(async || answers(&c).await == Ok(Receipt::Taken)).await);
    assert!(eventually(async || answers(&b).await == Err(NoReceipt::NoNode)).await);
    server.kill();
    assert!(eventually(async || one.bus.fault().is_some() && other.bus.fault().is_some()).await);
    let away = answers(&c).await;
    assert!(matches!(&away, Err(NoReceipt::Bus(fault)) if fault.to_string().contains("NATS")), "{away:?}");
    assert_eq!(other.send(&c, commands("key", b"own")).await, Ok(Receipt::Taken), "a node reaches itself");
    server.restart().await;
    assert!(eventually(async || answers(&c).await == Ok(Receipt::Taken)).await);
}

#[tokio::test]
async fn a_node_that_is_silent_or_does_not_understand_is_told_apart() {
    let server = Server::start("").await;
    let [a, b, c] = names();
    let one = Node::named(&server.url(), &a).await;
    let earlier = async_nats::connect(server.url()).await.unwrap();
    let mut letters = earlier.subscribe("muster.n.b").await.unwrap();
    // The server reads in order: when it says that nobody is there, it knows of the subscription.
    earlier.request("nobody.there", "".into()).await.unwrap_err();
    let late = one.bus.send(&b, commands("key", b"{}"), Duration::ZERO).await;
    assert_eq!(late, Err(NoReceipt::Late));
    let answering = async {
        while let Some(letter) = letters.next().await {
            earlier.publish(letter.reply.unwrap(), "what?".into()).await.unwrap();
        }
    };
    let receipt = tokio::select! {
        receipt = one.send(&b, commands("key", b"{}")) => receipt,
        () = answering => panic!("the subscription ended"),
    };
    assert_eq!(receipt, Err(NoReceipt::NotUnderstood));
    // The reverse: this version is sent a letter of a later one.
    let other = Node::named(&server.url(), &c).await;
    let later = b"\x01q\0\0\0\0\0\0\0\x09{\"Sung\":{}}";
    let answer = earlier.request("muster.n.c", later.as_slice().into()).await.unwrap();
    assert_eq!(answer.payload[10..], *b"\"NotUnderstood\"");
    assert_eq!((other.log.heard(), other.figure("bus_unknown")), (vec![], 1));
}

#[tokio::test]
async fn a_node_is_asked_of_itself_and_answers_or_it_is_said_why_not() {
    let server = Server::start("max_payload: 4096").await;
    let [a, b, c] = names();
    let one = Node::named(&server.url(), &a).await;
    assert_eq!(one.ask(&b, 3).await, Err(NoReceipt::NoNode));
    let _other = Node::named(&server.url(), &b).await;
    assert_eq!(one.ask(&b, 3).await.unwrap(), b"xxx"[..]);
    assert_eq!(one.ask(&a, 2).await.unwrap(), b"xx"[..], "a node asks itself without a way");
    let large = one.ask(&b, 5_000).await;
    assert!(matches!(large, Err(NoReceipt::TooLarge(size)) if size > 5_000), "{large:?}");
    assert_eq!(one.ask(&b, -1).await, Err(NoReceipt::NotUnderstood), "nobody there has an answer");
    // One of a version that knows no questions says what it says of any letter that it does not know.
    let earlier = async_nats::connect(server.url()).await.unwrap();
    let mut letters = earlier.subscribe("muster.n.c").await.unwrap();
    earlier.request("nobody.there", "".into()).await.unwrap_err();
    let answering = async {
        while let Some(letter) = letters.next().await {
            let receipt = b"\x01a\0\0\0\0\0\0\0\x09\"NotUnderstood\"";
            earlier.publish(letter.reply.unwrap(), receipt.as_slice().into()).await.unwrap();
        }
    };
    let answer = tokio::select! {
        answer = one.ask(&c, 3) => answer,
        () = answering => panic!("the subscription ended"),
    };
    assert_eq!(answer, Err(NoReceipt::NotUnderstood));
}
