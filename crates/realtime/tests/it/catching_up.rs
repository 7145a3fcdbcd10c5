//! Notices are lost on the way from another node: what they would have said is looked up.

use std::time::Duration;

use muster_core::{
    bus::{Bus as _, Notice},
    caller::CarriedOut,
    id::{NodeId, SessionId, SessionRef, UserId},
    message::StreamRef,
    store::{Also, Sessions as _},
};
use serde_json::json;

use crate::support::Server;

/// Less than the time after which positions are compared whatever is said.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test(start_paused = true)]
async fn a_message_whose_notice_was_lost_arrives_once_the_bus_has_resumed() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    anna.within(Duration::from_secs(1)).await;
    server.bus.lose();
    server.announce(&at, "lost").await;
    assert!(anna.within(SOON).await.is_empty());
    server.bus.resume();
    assert_eq!(anna.event("recvgroupmessage").await["data"]["data"], "lost");
}

#[tokio::test(start_paused = true)]
async fn a_hint_of_a_position_or_of_a_late_start_brings_what_stands_there() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    server.bus.lose();
    server.announce(&at, "first").await;
    server.bus.hint(&StreamRef::Group(at.clone()), 1);
    assert_eq!(anna.event("recvgroupmessage").await["data"]["data"], "first");
    server.announce(&at, "second").await;
    server.bus.now_followed(&at);
    assert_eq!(anna.event("recvgroupmessage").await["data"]["data"], "second");
}

#[tokio::test(start_paused = true)]
async fn a_later_login_on_another_node_counts_though_its_notice_was_lost() {
    let server = Server::start().await;
    let mut anna = server.client("anna").await;
    let mut ben = server.client("ben").await;
    let elsewhere = SessionRef { node: NodeId::new("n2").unwrap(), session: SessionId::new("s").unwrap() };
    let also = Also::nothing(CarriedOut::by_itself());
    server.store.sign_in(&server.app.id, &UserId::new("anna").unwrap(), elsewhere, also).await.unwrap();
    server.bus.resume();
    assert_eq!(anna.ended().await.code, 4501);
    assert!(ben.within(SOON).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_late_notice_of_an_earlier_login_does_not_end_a_later_one() {
    let server = Server::start().await;
    let user = UserId::new("anna").unwrap();
    let mut anna = server.client("anna").await;
    let elsewhere = SessionRef { node: NodeId::new("n2").unwrap(), session: SessionId::new("s").unwrap() };
    let notice =
        Notice::SignedIn { app: server.app.id.clone(), user: user.clone(), session: elsewhere.clone() };
    server.bus.publish(notice.clone()).await.unwrap();
    assert!(anna.within(SOON).await.is_empty(), "what stands in the store is this login");
    let also = Also::nothing(CarriedOut::by_itself());
    server.store.sign_in(&server.app.id, &user, elsewhere, also).await.unwrap();
    server.bus.publish(notice).await.unwrap();
    assert_eq!(anna.ended().await.code, 4501);
}

#[tokio::test(start_paused = true)]
async fn an_application_switched_off_loses_its_clients_though_the_notice_was_lost() {
    let server = Server::start().await;
    let mut anna = server.client("anna").await;
    server.bus.lose();
    server.muster.apps().set_disabled(&server.app, true).await.unwrap();
    assert!(anna.within(SOON).await.is_empty());
    server.bus.resume();
    assert_eq!(anna.ended().await.code, 4503);
}

#[tokio::test(start_paused = true)]
async fn members_whom_nobody_names_change_the_count_that_is_told() {
    let server = Server::start().await;
    let at = server.group("g1").await;
    let mut anna = server.client("anna").await;
    anna.join("g1").await;
    anna.within(Duration::from_secs(1)).await;
    server.bus.publish(Notice::Recounted { group: at }).await.unwrap();
    let told = anna.event("memberchange").await["data"].clone();
    assert_eq!((&told["memberCount"], &told["joinUsers"]), (&json!(1), &json!([])));
}

#[tokio::test(start_paused = true)]
async fn the_clients_of_a_lost_lease_are_sent_elsewhere_and_no_others() {
    let server = Server::start().await;
    let mut anna = server.client("anna").await;
    server.store.lose_node(NodeId::new("n1").unwrap());
    let lost = server.muster.nodes().renew(SOON).await.unwrap().unwrap();
    assert_eq!(lost.as_str(), "n1");
    let mut ben = server.client("ben").await;
    server.hub.abandon(&lost).await;
    assert_eq!(anna.ended().await.code, 3001);
    assert!(ben.within(SOON).await.is_empty());
}
