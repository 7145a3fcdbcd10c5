//! A member's way to its node: a WebSocket, or an answer that runs on with requests beside it.

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use muster_realtime::{TransportKind, protocol::Form};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, DuplexStream, Lines};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error, Message, protocol::Role},
};

use super::World;
use crate::support::protobuf;

/// How a member connects.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    Socket(Form),
    Answer(TransportKind),
}

impl Way {
    pub(super) const ALL: [Self; 4] = [
        Self::Socket(Form::Json),
        Self::Socket(Form::Protobuf),
        Self::Answer(TransportKind::HttpStream),
        Self::Answer(TransportKind::Sse),
    ];
}

pub(super) enum Line {
    Socket(Form, Box<WebSocketStream<DuplexStream>>),
    Answer(Answer),
}

/// What runs to the client alone, and what opens the way back once it was told: the session and its node.
pub(super) struct Answer {
    world: Arc<World>,
    lines: Lines<BufReader<DuplexStream>>,
    key: Option<(String, String)>,
}

impl Line {
    /// Connects to any node, with these commands.
    pub(super) async fn dial(world: &Arc<World>, way: Way, commands: &[Value]) -> Self {
        match way {
            Way::Socket(form) => {
                let stream = world.dial(form);
                let socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
                let mut line = Self::Socket(form, Box::new(socket));
                line.send(commands).await;
                line
            }
            Way::Answer(transport) => {
                let lines = BufReader::new(world.ask(transport, &json_of(commands))).lines();
                Self::Answer(Answer { world: Arc::clone(world), lines, key: None })
            }
        }
    }

    /// Says something; `false` when it has not arrived, and the client takes the connection for broken.
    pub(super) async fn send(&mut self, commands: &[Value]) -> bool {
        match self {
            Self::Socket(form, socket) => {
                let message = match form {
                    Form::Json => Message::text(json_of(commands)),
                    Form::Protobuf => {
                        Message::binary(commands.iter().flat_map(protobuf::command_bytes).collect::<Vec<_>>())
                    }
                };
                socket.send(message).await.is_ok()
            }
            Self::Answer(answer) => {
                let Some((session, node)) = &answer.key else { return false };
                let body = json!({ "session": session, "node": node, "data": json_of(commands) });
                answer.world.post(&body.to_string()).await
            }
        }
    }

    /// What comes next; `None` at the end of the connection, which must be the network's doing. It may be given up at any
    /// time, and nothing is lost then.
    pub(super) async fn next(&mut self) -> Option<Vec<Value>> {
        match self {
            Self::Socket(_, socket) => read(socket.next().await),
            Self::Answer(answer) => answer.next().await.map(|message| message.into_iter().collect()),
        }
    }
}

impl Answer {
    /// The next message, or nothing that is one.
    async fn next(&mut self) -> Option<Option<Value>> {
        let line = self.lines.next_line().await.ok()??;
        let text = line.strip_prefix("data: ").unwrap_or(&line);
        if text.is_empty() {
            return Some(None);
        }
        // What breaks in the middle of a line is an end.
        let message: Value = serde_json::from_str(text).ok()?;
        assert!(message["push"]["disconnect"].is_null(), "the network alone ends connections: {message}");
        if let Some(session) = message["connect"]["session"].as_str() {
            self.key = Some((session.to_owned(), message["connect"]["node"].as_str().unwrap().to_owned()));
        }
        Some(Some(message))
    }
}

fn json_of(commands: &[Value]) -> String {
    commands.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

fn read(frame: Option<Result<Message, Error>>) -> Option<Vec<Value>> {
    let closed = matches!(frame, Some(Ok(Message::Close(_))));
    assert!(!closed, "the network alone ends connections, and not the server: {frame:?}");
    match frame {
        Some(Ok(Message::Text(text))) => {
            Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
        }
        Some(Ok(Message::Binary(bytes))) => Some(protobuf::messages(&bytes)),
        Some(Ok(_)) => Some(Vec::new()),
        Some(Err(_)) | None => None,
    }
}
