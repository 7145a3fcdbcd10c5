//! Calls to receivers of every kind: on the loopback, where 127.0.0.2 stands for the public network.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod receiver;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use muster_core::outbound::{Call, CallFault, Outbound as _};
use muster_outbound::{HttpOutbound, OutboundConfig, Reach, Resolve};
use receiver::Receiver;

/// Answers with what a script says, call by call; then with the last of it.
struct Scripted(Mutex<Vec<Vec<SocketAddr>>>);

impl Scripted {
    fn new(answers: Vec<Vec<SocketAddr>>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(answers)))
    }
}

#[async_trait]
impl Resolve for Scripted {
    async fn resolve(&self, _host: &str, _port: u16) -> io::Result<Vec<SocketAddr>> {
        let mut answers = self.0.lock().unwrap();
        Ok(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    }
}

fn is_called_public(address: IpAddr) -> bool {
    address == IpAddr::from([127, 0, 0, 2])
}

/// A client that may call any address.
fn anywhere() -> HttpOutbound {
    anywhere_with(OutboundConfig::default())
}

fn anywhere_with(config: OutboundConfig) -> HttpOutbound {
    HttpOutbound::new(OutboundConfig { allow_private: true, ..config }).unwrap()
}

/// A client of which 127.0.0.2 is the public network, and whose names are resolved as scripted.
fn guarded(answers: Vec<Vec<SocketAddr>>) -> HttpOutbound {
    // Ports are allowed: receivers of a test have none of their own.
    let config = OutboundConfig { allow_private: true, ..OutboundConfig::default() };
    HttpOutbound::with(config, Reach::Where(is_called_public), Scripted::new(answers)).unwrap()
}

fn not_allowed(fault: &CallFault) -> bool {
    matches!(fault, CallFault::NotAllowed(_))
}

#[tokio::test]
async fn what_is_handed_over_arrives_and_the_answer_comes_back() {
    let receiver = Receiver::answering(
        "127.0.0.1",
        "HTTP/1.1 201 Created\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok",
    )
    .await;
    let mut call = Call::post_json(receiver.url("/hook?x=1#own"), "{\"a\":1}");
    call.headers.push(("muster-signature", "abc".to_owned()));
    let answered = anywhere().call(call).await.unwrap();
    assert_eq!((answered.status, &*answered.body), (201, &b"ok"[..]));
    assert_eq!(answered.content_type.as_deref(), Some("text/plain"));
    assert!(answered.is_success());
    let heard = receiver.heard();
    assert!(heard[0].starts_with("POST /hook?x=1 HTTP/1.1\r\n"), "{heard:?}");
    assert!(heard[0].contains("muster-signature: abc") && heard[0].ends_with("{\"a\":1}"), "{heard:?}");
}

#[tokio::test]
async fn a_private_address_is_not_called_in_whatever_form_it_is_written() {
    let client = HttpOutbound::new(OutboundConfig::default()).unwrap();
    for url in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://017700000001/",
        "http://[::1]/",
        "http://[::]/",
        "http://0.0.0.0/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://10.0.0.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://224.0.0.1/",
        "https://192.168.0.1/",
        "http://localhost/",
    ] {
        let fault = client.call(Call::get(url)).await.unwrap_err();
        assert!(not_allowed(&fault), "{url}: {fault:?}");
    }
    let fault = client.call(Call::get("http://example.com:8080/")).await.unwrap_err();
    assert_eq!(fault, CallFault::NotAllowed("port 8080".to_owned()));
}

#[tokio::test]
async fn a_name_is_resolved_once_a_connection_and_what_was_looked_at_is_connected_to() {
    let public = Receiver::answering("127.0.0.2", receiver::OK_AND_CLOSE).await;
    let private = Receiver::answering("127.0.0.1", receiver::OK_AND_CLOSE).await;
    // The name leads to the public network first, and then inside.
    let client = guarded(vec![vec![public.address()], vec![private.address()]]);
    client.call(Call::get("http://rebinding.example/")).await.unwrap();
    let fault = client.call(Call::get("http://rebinding.example/")).await.unwrap_err();
    assert!(not_allowed(&fault), "{fault:?}");
    assert_eq!((public.heard().len(), private.heard().len()), (1, 0));
}

#[tokio::test]
async fn of_several_addresses_the_private_ones_are_left_out() {
    let public = Receiver::answering("127.0.0.2", receiver::OK_AND_CLOSE).await;
    let private = Receiver::answering("127.0.0.1", receiver::OK_AND_CLOSE).await;
    let client = guarded(vec![vec![private.address(), public.address()]]);
    client.call(Call::get("http://both.example/")).await.unwrap();
    assert_eq!((public.heard().len(), private.heard().len()), (1, 0));
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_not_followed() {
    let private = Receiver::answering("127.0.0.1", receiver::OK_AND_CLOSE).await;
    let sent_on =
        format!("HTTP/1.1 307 Moved\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", private.url("/"));
    let public = Receiver::answering("127.0.0.2", &sent_on).await;
    let client = guarded(vec![vec![public.address()], vec![private.address()]]);
    let fault = client.call(Call::post_json(public.url("/"), "{}")).await.unwrap_err();
    assert!(not_allowed(&fault), "{fault:?}");
    assert_eq!(private.heard().len(), 0);
}

#[tokio::test]
async fn redirects_are_followed_up_to_a_bound_with_the_body_where_it_goes_along() {
    let target = Receiver::answering("127.0.0.1", receiver::OK_AND_CLOSE).await;
    for (status, followed) in [(307, true), (308, true), (302, false)] {
        let sent_on = format!(
            "HTTP/1.1 {status} Moved\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
            target.url("/there")
        );
        let first = Receiver::answering("127.0.0.1", &sent_on).await;
        let answered = anywhere().call(Call::post_json(first.url("/"), "{\"b\":2}")).await.unwrap();
        assert_eq!(answered.status, if followed { 200 } else { status });
    }
    let heard = target.heard();
    assert_eq!(heard.len(), 2);
    assert!(heard.iter().all(|heard| heard.starts_with("POST /there") && heard.ends_with("{\"b\":2}")));
    let circle =
        Receiver::answering("127.0.0.1", "HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n")
            .await;
    let fault = anywhere().call(Call::get(circle.url("/"))).await.unwrap_err();
    assert_eq!(fault, CallFault::Redirects(3));
    let elsewhere = "HTTP/1.1 302 Found\r\nlocation: file:///etc/passwd\r\ncontent-length: 0\r\n\r\n";
    let other = Receiver::answering("127.0.0.1", elsewhere).await;
    let fault = anywhere().call(Call::get(other.url("/"))).await.unwrap_err();
    assert!(matches!(fault, CallFault::Url(_)), "{fault:?}");
}

#[tokio::test]
async fn a_receiver_that_never_answers_or_drips_is_given_up() {
    let short = |url: String| Call { time: Some(Duration::from_millis(200)), ..Call::get(url) };
    let silent = Receiver::silent().await;
    assert_eq!(anywhere().call(short(silent.url("/"))).await, Err(CallFault::Slow(0)));
    let dripping = Receiver::dripping().await;
    assert_eq!(anywhere().call(short(dripping.url("/"))).await, Err(CallFault::Slow(0)));
}

#[tokio::test]
async fn an_answer_without_end_is_given_up_at_the_bound() {
    let endless = Receiver::endless().await;
    let client = anywhere_with(OutboundConfig { answer_bytes: 1000, ..OutboundConfig::default() });
    assert_eq!(client.call(Call::get(endless.url("/"))).await, Err(CallFault::TooLong(1000)));
    let picture = Call { answer_bytes: Some(200_000), ..Call::get(endless.url("/")) };
    assert_eq!(client.call(picture).await, Err(CallFault::TooLong(200_000)));
    let headers = Receiver::endless_head().await;
    let fault = client.call(Call::get(headers.url("/"))).await.unwrap_err();
    assert!(matches!(fault, CallFault::Unreachable(_)), "{fault:?}");
}

#[tokio::test]
async fn nobody_there_and_what_is_no_url_are_told_apart() {
    let gone = Receiver::closed_url().await;
    let fault = anywhere().call(Call::get(gone)).await.unwrap_err();
    assert!(matches!(fault, CallFault::Unreachable(_)), "{fault:?}");
    for url in ["", "example.com", "ftp://example.com/", "http://user:secret@example.com/"] {
        let fault = anywhere().call(Call::get(url)).await.unwrap_err();
        assert!(matches!(fault, CallFault::Url(_)), "{url}: {fault:?}");
        assert!(!fault.to_string().contains("secret"));
    }
}

#[test]
fn a_file_of_authorities_that_holds_none_is_refused_by_its_key() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    for text in [None, Some("nothing")] {
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        let config = OutboundConfig { ca_file: file.clone(), ..OutboundConfig::default() };
        let refused = HttpOutbound::new(config).err().unwrap().to_string();
        assert!(refused.starts_with("`outbound.ca_file` "), "{refused}");
    }
}
