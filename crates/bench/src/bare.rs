//! The measures' other side: servers that do nothing but what the measure is about.

use std::{
    convert::Infallible,
    io::Read as _,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::Response;
use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, Utf8Bytes, protocol::WebSocketConfig},
};

/// Bytes of a connection's read buffer. The library's own 128 KiB are filled with zeros at every look for something to read.
const READ_BUFFER: usize = 4_096;

/// Answers every HTTP request with the bytes of standard input until the process is ended.
pub(super) async fn answer() -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    let bytes = Bytes::from(bytes);
    let listener = listen().await?;
    loop {
        let stream = accept(&listener).await?;
        let bytes = bytes.clone();
        tokio::spawn(async move {
            let service = service_fn(move |_| {
                let bytes = bytes.clone();
                async move { Ok::<_, Infallible>(Response::new(Full::new(bytes))) }
            });
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Sends every WebSocket message to all connections until the process is ended.
pub(super) async fn broadcast() -> anyhow::Result<()> {
    let listener = listen().await?;
    let everybody = Arc::new(Mutex::new(Vec::<UnboundedSender<Utf8Bytes>>::new()));
    loop {
        let stream = accept(&listener).await?;
        let (send, receive) = unbounded_channel();
        everybody.lock().unwrap_or_else(PoisonError::into_inner).push(send);
        tokio::spawn(converse(stream, Arc::clone(&everybody), receive));
    }
}

/// Takes WebSocket connections, and keeps them until the process is ended.
pub(super) async fn upgrade() -> anyhow::Result<()> {
    let listener = listen().await?;
    loop {
        let stream = accept(&listener).await?;
        tokio::spawn(async move {
            let mut socket = upgraded(stream).await?;
            while let Some(Ok(_)) = socket.next().await {}
            Some(())
        });
    }
}

async fn upgraded(stream: TcpStream) -> Option<WebSocketStream<TcpStream>> {
    let settings = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    tokio_tungstenite::accept_async_with_config(stream, Some(settings)).await.ok()
}

type Everybody = Arc<Mutex<Vec<UnboundedSender<Utf8Bytes>>>>;

async fn converse(
    stream: TcpStream,
    everybody: Everybody,
    mut receive: UnboundedReceiver<Utf8Bytes>,
) -> Option<()> {
    let (mut sink, mut source) = upgraded(stream).await?.split();
    let mut waiting = Vec::new();
    loop {
        tokio::select! {
            _ = receive.recv_many(&mut waiting, usize::MAX) => {
                for text in waiting.drain(..) {
                    sink.feed(Message::Text(text)).await.ok()?;
                }
                sink.flush().await.ok()?;
            }
            message = source.next() => {
                if let Message::Text(text) = message?.ok()? {
                    let everybody = everybody.lock().unwrap_or_else(PoisonError::into_inner);
                    for one in everybody.iter() {
                        let _ = one.send(text.clone());
                    }
                }
            }
        }
    }
}

/// Listens on a free port and says it on standard output.
async fn listen() -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    std::io::Write::write_all(&mut std::io::stdout(), format!("{}\n", listener.local_addr()?).as_bytes())?;
    Ok(listener)
}

async fn accept(listener: &TcpListener) -> anyhow::Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
