//! The PROXY protocol: a trusted proxy says, before anything else, whose connection this is.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use ppp::{v1, v2};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The longest line of version 1, in bytes, its end included.
const LINE: usize = 107;
/// How every header of version 2 starts, in bytes; the last two say how many more there are.
const START: usize = 16;
/// The longest header of version 2 that is taken, in bytes: addresses, and what proxies add about TLS.
const BLOCK: usize = 4096;

/// Reads the header of a connection and nothing beyond it. The client's address, or `None` when the proxy speaks for
/// itself, as in a health check.
///
/// # Errors
/// When there is no such header, or the connection ends.
pub(crate) async fn read_proxy_header<S: AsyncRead + Unpin>(
    stream: &mut S,
) -> io::Result<Option<SocketAddr>> {
    // Every header of either version has more bytes than these.
    let mut header = vec![0; v2::PROTOCOL_PREFIX.len()];
    stream.read_exact(&mut header).await?;
    if header == v2::PROTOCOL_PREFIX { block(stream, header).await } else { line(stream, header).await }
}

async fn line<S: AsyncRead + Unpin>(stream: &mut S, mut header: Vec<u8>) -> io::Result<Option<SocketAddr>> {
    // One by one: what follows the line is not ours.
    while !header.ends_with(b"\r\n") {
        if header.len() == LINE || !header.starts_with(b"PROXY") {
            return Err(no_header());
        }
        header.push(stream.read_u8().await?);
    }
    let parsed = v1::Header::try_from(header.as_slice()).map_err(|_| no_header())?;
    Ok(match parsed.addresses {
        v1::Addresses::Tcp4(tcp) => Some((tcp.source_address, tcp.source_port).into()),
        v1::Addresses::Tcp6(tcp) => Some(at(tcp.source_address.into(), tcp.source_port)),
        v1::Addresses::Unknown => None,
    })
}

async fn block<S: AsyncRead + Unpin>(stream: &mut S, mut header: Vec<u8>) -> io::Result<Option<SocketAddr>> {
    header.resize(START, 0);
    stream.read_exact(&mut header[v2::PROTOCOL_PREFIX.len()..]).await?;
    let length = usize::from(u16::from_be_bytes([header[14], header[15]]));
    if header.len() + length > BLOCK {
        return Err(no_header());
    }
    header.resize(START + length, 0);
    stream.read_exact(&mut header[START..]).await?;
    let parsed = v2::Header::try_from(header.as_slice()).map_err(|_| no_header())?;
    Ok(match (parsed.command, parsed.addresses) {
        (v2::Command::Proxy, v2::Addresses::IPv4(ip)) => Some((ip.source_address, ip.source_port).into()),
        (v2::Command::Proxy, v2::Addresses::IPv6(ip)) => Some(at(ip.source_address.into(), ip.source_port)),
        _ => None,
    })
}

fn at(address: IpAddr, port: u16) -> SocketAddr {
    SocketAddr::new(address.to_canonical(), port)
}

fn no_header() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the connection does not begin with a PROXY protocol header")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(mut bytes: &[u8]) -> io::Result<(Option<String>, Vec<u8>)> {
        let client = read_proxy_header(&mut bytes).await?;
        Ok((client.map(|client| client.to_string()), bytes.to_vec()))
    }

    #[tokio::test]
    async fn both_versions_are_read_and_what_follows_stays() {
        let (client, rest) = read(b"PROXY TCP4 192.0.2.9 10.0.0.1 4711 443\r\nGET / HTTP/1.1").await.unwrap();
        assert_eq!((client.as_deref(), rest.as_slice()), (Some("192.0.2.9:4711"), &b"GET / HTTP/1.1"[..]));
        let (client, _) = read(b"PROXY TCP6 2001:db8::9 fd00::1 4711 443\r\n").await.unwrap();
        assert_eq!(client.as_deref(), Some("[2001:db8::9]:4711"));
        let mut block = v2::PROTOCOL_PREFIX.to_vec();
        block.extend([0x21, 0x11, 0, 12, 192, 0, 2, 9, 10, 0, 0, 1, 0x12, 0x67, 1, 187, b'G']);
        let (client, rest) = read(&block).await.unwrap();
        assert_eq!((client.as_deref(), rest.as_slice()), (Some("192.0.2.9:4711"), &b"G"[..]));
    }

    #[tokio::test]
    async fn a_proxy_may_speak_for_itself() {
        assert_eq!(read(b"PROXY UNKNOWN\r\n").await.unwrap().0, None);
        let mut block = v2::PROTOCOL_PREFIX.to_vec();
        block.extend([0x20, 0, 0, 0]);
        assert_eq!(read(&block).await.unwrap().0, None);
    }

    #[tokio::test]
    async fn what_is_no_header_is_refused() {
        for bytes in [&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], b"PROXY TCP4 nonsense\r\n", b"PROXY TCP4"] {
            assert!(read(bytes).await.is_err());
        }
        assert!(read(&[b"PROXY ".as_slice(), &[b'x'; 200]].concat()).await.is_err());
        let long = [v2::PROTOCOL_PREFIX, &[0x21, 0x11, 0xff, 0xff]].concat();
        assert!(read(&long).await.is_err());
    }
}
