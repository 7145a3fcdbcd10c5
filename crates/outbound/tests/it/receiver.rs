//! A receiver of calls that answers as a test says, byte for byte.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// An answer after which no further request comes over the same connection.
pub(crate) const OK_AND_CLOSE: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

#[derive(Clone)]
enum Manner {
    Answers(String),
    IsSilent,
    Drips,
    HasNoEnd,
    HasNoEndOfHead,
}

pub(crate) struct Receiver {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub(crate) async fn answering(ip: &str, answer: &str) -> Self {
        Self::start(ip, Manner::Answers(answer.to_owned())).await
    }

    pub(crate) async fn silent() -> Self {
        Self::start("127.0.0.1", Manner::IsSilent).await
    }

    pub(crate) async fn dripping() -> Self {
        Self::start("127.0.0.1", Manner::Drips).await
    }

    pub(crate) async fn endless() -> Self {
        Self::start("127.0.0.1", Manner::HasNoEnd).await
    }

    pub(crate) async fn endless_head() -> Self {
        Self::start("127.0.0.1", Manner::HasNoEndOfHead).await
    }

    async fn start(ip: &str, manner: Manner) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, manner.clone(), Arc::clone(&hears)));
            }
        });
        Self { address, heard, task }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Every request, head and body.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// A URL where nobody listens any more.
    pub(crate) async fn closed_url() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    }
}

/// Reads one request; `None` when the connection ends.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

async fn serve(mut stream: TcpStream, manner: Manner, heard: Arc<Mutex<Vec<String>>>) -> Option<()> {
    while let Some(request) = read(&mut stream).await {
        heard.lock().unwrap().push(request);
        match &manner {
            Manner::Answers(answer) => stream.write_all(answer.as_bytes()).await.ok()?,
            Manner::IsSilent => std::future::pending().await,
            Manner::Drips => {
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
                let mut drops = tokio::time::interval(Duration::from_millis(10));
                loop {
                    drops.tick().await;
                    stream.write_all(b".").await.ok()?;
                }
            }
            Manner::HasNoEnd => {
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
                loop {
                    stream.write_all(&[b'x'; 4096]).await.ok()?;
                }
            }
            Manner::HasNoEndOfHead => {
                stream.write_all(b"HTTP/1.1 200 OK\r\n").await.ok()?;
                loop {
                    stream.write_all(b"more: of the same\r\n").await.ok()?;
                }
            }
        }
    }
    None
}
