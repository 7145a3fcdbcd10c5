//! Makes connections, to addresses that may be called alone.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use async_trait::async_trait;
use http::Uri;
use hyper_util::rt::TokioIo;
use muster_core::outbound::is_public;
use tokio::net::{TcpStream, lookup_host};
use tower_service::Service;

/// Which addresses may be called.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    /// Those of the public network.
    Public,
    /// Any.
    Anywhere,
    /// Those that a test says.
    Where(fn(IpAddr) -> bool),
}

impl Reach {
    fn holds(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::Anywhere => true,
            Self::Where(holds) => holds(address),
        }
    }
}

/// Finds the addresses of a host.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// The addresses of a name or of an address as text, each with `port`, in the order in which to try them.
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The machine's own way: its hosts file, its name servers.
pub(crate) struct Machine;

#[async_trait]
impl Resolve for Machine {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(lookup_host((host, port)).await?.collect())
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectFault {
    /// Every address of the host is one that may not be called.
    #[error("{0} has no address that may be called")]
    NotPublic(String),
    /// The host has no address at all, or could not be looked up.
    #[error("{0} has no address: {1}")]
    NoAddress(String, String),
    /// No address of the host could be connected to.
    #[error("{0} cannot be connected to: {1}")]
    Refused(String, String),
}

/// Makes connections.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) reach: Reach,
    /// How long a connection may take, over all addresses of the host.
    pub(crate) time: Duration,
}

impl Connector {
    async fn connect(self, uri: Uri) -> Result<TokioIo<TcpStream>, ConnectFault> {
        let bracketed = uri.host().unwrap_or_default();
        let host = bracketed.trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        match tokio::time::timeout(self.time, self.connect_to(host, port)).await {
            Ok(connected) => connected,
            Err(_) => Err(ConnectFault::Refused(host.to_owned(), "it took too long".to_owned())),
        }
    }

    /// Connects to the very addresses that were looked at, never to the name again.
    async fn connect_to(&self, host: &str, port: u16) -> Result<TokioIo<TcpStream>, ConnectFault> {
        let found = self.resolver.resolve(host, port).await;
        let found = found.map_err(|error| ConnectFault::NoAddress(host.to_owned(), error.to_string()))?;
        if found.is_empty() {
            return Err(ConnectFault::NoAddress(host.to_owned(), "its name is known without one".to_owned()));
        }
        let mut last = None;
        for address in found.into_iter().filter(|address| self.reach.holds(address.ip())) {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    // A call is one small write and a wait: Nagle's algorithm has nothing to gather.
                    let _ = stream.set_nodelay(true);
                    return Ok(TokioIo::new(stream));
                }
                Err(error) => last = Some(error),
            }
        }
        Err(match last {
            Some(error) => ConnectFault::Refused(host.to_owned(), error.to_string()),
            None => ConnectFault::NotPublic(host.to_owned()),
        })
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectFault;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectFault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}
