//! The measure's other side: a hyper server that answers every request with the same bytes.

use std::{convert::Infallible, io::Read as _, net::Ipv4Addr};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Serves the bytes of standard input until the process is ended; says its address on standard output.
pub(super) async fn serve() -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    let bytes = Bytes::from(bytes);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    std::io::Write::write_all(&mut std::io::stdout(), format!("{}\n", listener.local_addr()?).as_bytes())?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
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
