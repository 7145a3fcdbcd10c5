//! A realtime client that sends what it is told to.

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use muster_realtime::{Hub, protocol::Form, serve_socket};
use serde_json::Value;
use tokio::{io::DuplexStream, task::JoinHandle};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, Role, frame::coding::CloseCode},
    },
};

/// The code that a client leaves with.
pub(crate) const LEFT: u16 = 1000;
/// Bytes between the two sides: more than any input sends, so that sending never waits for the server.
const PIPE: usize = 1 << 20;

/// One message of the server.
pub(crate) struct Said {
    pub(crate) value: Value,
    /// Its bytes.
    pub(crate) length: usize,
}

pub(crate) struct Client {
    socket: WebSocketStream<DuplexStream>,
    served: JoinHandle<()>,
    /// What came so far and was not handed out.
    said: Vec<Said>,
}

impl Client {
    /// Opens a connection.
    pub(crate) async fn open(hub: &Arc<Hub>) -> Self {
        let (ours, theirs) = tokio::io::duplex(PIPE);
        let served = tokio::spawn(serve_socket(Arc::clone(hub), theirs, Form::Json, None));
        let socket = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
        Self { socket, served, said: Vec::new() }
    }

    /// Sends a frame, to a server that may have closed.
    pub(crate) async fn send(&mut self, frame: &str) {
        let _closed = self.socket.send(Message::text(frame)).await;
    }

    /// Everything up to the answer with this id.
    ///
    /// # Panics
    /// When the connection is closed before.
    pub(crate) async fn until(&mut self, id: u64) -> Vec<Said> {
        while !self.said.iter().any(|said| said.value["id"] == id) {
            assert_eq!(self.receive().await, None, "closed before {id} is answered");
        }
        std::mem::take(&mut self.said)
    }

    /// Leaves, as soon as everything is carried out; what was not handed out, and the code that it ended with.
    ///
    /// # Panics
    /// When the connection does not end as the protocol says, or its task has panicked.
    pub(crate) async fn close(mut self) -> (Vec<Said>, u16) {
        let leaving = CloseFrame { code: CloseCode::from(LEFT), reason: "".into() };
        let _closed = self.socket.send(Message::Close(Some(leaving))).await;
        let code = loop {
            if let Some(code) = self.receive().await {
                break code;
            }
        };
        while let Some(Ok(_)) = self.socket.next().await {}
        self.served.await.expect("the connection's task ends by itself");
        (self.said, code)
    }

    /// Takes in one message of the connection; the code of a close.
    async fn receive(&mut self) -> Option<u16> {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => {
                for line in text.split('\n') {
                    let value = serde_json::from_str(line).expect("each line is JSON");
                    self.said.push(Said { value, length: line.len() });
                }
                None
            }
            Some(Ok(Message::Close(frame))) => Some(frame.expect("a close has a code").code.into()),
            other => panic!("the connection broke: {other:?}"),
        }
    }
}
