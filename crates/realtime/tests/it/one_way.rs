//! Connections that run to the client alone, and commands that come beside them.

use std::time::Duration;

use bytes::Bytes;
use muster_core::{
    bus::{Bus as _, ConnectionKey, Letter, NoReceipt, Receipt},
    id::NodeId,
    limits::Limits,
};
use muster_realtime::{NotTaken, Opening, RealtimeConfig, TransportKind, protocol::Form, serve_answer};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, DuplexStream, Lines},
    time::Instant,
};

use crate::support::{Server, quick};

/// The client's side of an answer of lines, and what it needs for commands.
struct Listening {
    lines: Lines<BufReader<DuplexStream>>,
    session: String,
    node: String,
}

impl Listening {
    /// Begins a connection with these commands, with `pipe` bytes between the two sides.
    fn begin(server: &Server, commands: &Value, pipe: usize) -> Self {
        let (ours, theirs) = tokio::io::duplex(pipe);
        let opening = Opening {
            transport: TransportKind::HttpStream,
            form: Form::Json,
            commands: commands.to_string().into(),
            head: Bytes::new(),
            chunked: false,
        };
        tokio::spawn(serve_answer(server.hub.clone(), theirs, opening, None));
        Self { lines: BufReader::new(ours).lines(), session: String::new(), node: String::new() }
    }

    async fn of(server: &Server, user: &str) -> Self {
        let login = json!({ "id": 1, "connect": { "token": server.token(user) } });
        let mut listening = Self::begin(server, &login, 1 << 20);
        let result = listening.next().await.unwrap()["connect"].clone();
        listening.session = result["session"].as_str().unwrap().to_owned();
        listening.node = result["node"].as_str().unwrap().to_owned();
        listening
    }

    /// The next message; `None` at the end of the answer.
    async fn next(&mut self) -> Option<Value> {
        let line = self.lines.next_line().await.unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }

    /// The next reply with this id.
    async fn reply(&mut self, id: u32) -> Value {
        loop {
            let message = self.next().await.expect("a reply");
            if message["id"] == id {
                return message;
            }
        }
    }

    async fn post(&self, server: &Server, command: &Value) -> Result<(), NotTaken> {
        post(server, &self.session, &self.node, &command.to_string()).await
    }
}

async fn post(server: &Server, session: &str, node: &str, data: &str) -> Result<(), NotTaken> {
    let body = json!({ "session": session, "node": node, "data": data }).to_string();
    server.hub.emulate(Form::Json, body.as_bytes()).await
}

#[tokio::test(start_paused = true)]
async fn commands_reach_their_connection_by_its_key_whatever_node_is_named() {
    let server = Server::start().await;
    server.group("g1").await;
    let mut anna = Listening::of(&server, "anna").await;
    assert!(anna.session.len() == 32 && anna.node == "n1", "{} {}", anna.session, anna.node);
    anna.post(&server, &json!({ "id": 2, "subscribe": { "channel": "g:g1" } })).await.unwrap();
    assert!(anna.reply(2).await["subscribe"].is_object());
    let stats = json!({ "id": 3, "presence_stats": { "channel": "g:g1" } }).to_string();
    post(&server, &anna.session, "n0", &stats).await.unwrap();
    assert_eq!(anna.reply(3).await["presence_stats"]["num_users"], 1);
    for guess in ["", "0", &"0".repeat(32)] {
        assert!(matches!(post(&server, guess, "n1", &stats).await, Err(NotTaken::NoSession)), "{guess}");
    }
    let long = "x".repeat(70_000);
    assert!(matches!(post(&server, &anna.session, "n1", &long).await, Err(NotTaken::TooLarge)));
    let malformed = server.hub.emulate(Form::Json, b"[\"\", \"\", \"\"]").await;
    assert!(matches!(malformed, Err(NotTaken::Malformed(_))));
}

#[tokio::test(start_paused = true)]
async fn a_letter_of_another_node_reaches_the_connection_and_says_what_became_of_it() {
    let server = Server::start().await;
    let mut anna = Listening::of(&server, "anna").await;
    let send = async |node: &str, key: &str, commands: &'static str| {
        let letter = Letter::Commands { connection: ConnectionKey::new(key), commands: commands.into() };
        server.bus.send(&NodeId::new(node).unwrap(), letter, Duration::from_secs(1)).await
    };
    let called = r#"{"id":7,"rpc":{"method":"none"}}"#;
    assert_eq!(send("n1", &anna.session, called).await, Ok(Receipt::Taken));
    assert_eq!(anna.reply(7).await["error"]["code"], 104);
    assert_eq!(send("n1", "somebody else's", called).await, Ok(Receipt::NoConnection));
    assert_eq!(send("n2", &anna.session, called).await, Err(NoReceipt::NoNode));
    let key = anna.session.clone();
    drop(anna);
    while send("n1", &key, called).await != Ok(Receipt::NoConnection) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_client_says_that_does_not_read_is_refused_when_enough_waits() {
    let config = RealtimeConfig { queue_bytes: 500, inbox_bytes: 1_000, ..quick() };
    let server = Server::with(config, Limits::default()).await;
    let login = json!({ "id": 1, "connect": { "token": server.token("anna") } });
    let mut deaf = Listening::begin(&server, &login, 1_500);
    let result = deaf.next().await.unwrap()["connect"].clone();
    deaf.session = result["session"].as_str().unwrap().to_owned();
    let called = json!({ "id": 9, "rpc": { "method": "x".repeat(100) } });
    let refused = loop {
        if let Err(refused) = deaf.post(&server, &called).await {
            break refused;
        }
        tokio::task::yield_now().await;
    };
    assert!(matches!(refused, NotTaken::Full), "{refused}");
    assert_eq!(deaf.reply(9).await["error"]["code"], 104, "it goes on when the client reads");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_which_a_client_tries_again_comes_late_where_clients_do_not_wait_themselves() {
    let server = Server::start().await;
    let expired = json!({ "id": 1, "connect": { "token": server.token_of("anna", "", 1) } });
    let begun = Instant::now();
    let mut anna = Listening::begin(&server, &expired, 1 << 16);
    assert_eq!(anna.reply(1).await["error"]["code"], 109);
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_secs(1) && waited < Duration::from_secs(3), "{waited:?}");
    let begun = Instant::now();
    let mut stranger = Listening::begin(&server, &json!({ "id": 1, "connect": { "token": "x" } }), 1 << 16);
    assert_eq!(stranger.reply(1).await["error"]["code"], 403);
    let mut socket = server.open().await;
    assert_eq!(socket.ask("connect", expired["connect"].clone()).await["error"]["code"], 109);
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "what is final, and another transport, are answered at once"
    );
}

#[tokio::test(start_paused = true)]
async fn a_ping_without_a_pong_ends_the_answer_in_words_and_connections_are_counted_by_transport() {
    let server = Server::start().await;
    let mut anna = Listening::of(&server, "anna").await;
    let counted = |name| {
        let mut counts = server.hub.counters().transports();
        counts.find(|&(transport, form, _)| (transport, form) == (name, "json")).unwrap().2
    };
    assert_eq!((counted("http_stream"), counted("websocket")), (1, 0));
    assert_eq!(anna.next().await, Some(json!({})), "the first ping");
    anna.post(&server, &json!({})).await.unwrap();
    assert_eq!(anna.next().await, Some(json!({})), "the pong was heard");
    let push = anna.next().await.unwrap()["push"].clone();
    assert_eq!(push["disconnect"], json!({ "code": 3012, "reason": "no pong" }));
    assert_eq!(anna.next().await, None);
    drop(anna);
    while counted("http_stream") > 0 {
        tokio::task::yield_now().await;
    }
}
