//! A client that costs next to nothing: it shares the machine with those it measures.
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection, kept open, with one request under way.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| address.to_string())?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4 * 1024) })
    }

    /// So many of them.
    pub async fn open_many(address: SocketAddr, count: usize) -> anyhow::Result<Vec<Self>> {
        let mut all = Vec::with_capacity(count);
        for _ in 0..count {
            all.push(Self::open(address).await?);
        }
        Ok(all)
    }

    /// Sends a request and returns the status and the body of its answer.
    pub async fn send(&mut self, request: &[u8]) -> anyhow::Result<(u16, &[u8])> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (status, begin, end) = loop {
            if let Some(head) = self.buffer.windows(4).position(|it| it == b"\r\n\r\n") {
                let (status, length) = read_head(&self.buffer[..head])?;
                break (status, head + 4, head + 4 + length);
            }
            self.fill().await?;
        };
        while self.buffer.len() < end {
            self.fill().await?;
        }
        Ok((status, &self.buffer[begin..end]))
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

/// The status and the length of the body.
fn read_head(head: &[u8]) -> anyhow::Result<(u16, usize)> {
    let head = std::str::from_utf8(head)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|it| it.split(' ').nth(1)?.parse().ok());
    let status = status.with_context(|| format!("no answer in HTTP: {head}"))?;
    let length = lines.find_map(|it| {
        let (name, value) = it.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    match length {
        Some(length) => Ok((status, length)),
        None if status == 204 => Ok((status, 0)),
        None => bail!("an answer whose length is not said: {head}"),
    }
}

/// A request of the person with this number: each has an address, which the product takes a proxy's word for.
pub fn get(target: &str, person: usize) -> Vec<u8> {
    let address = address(person);
    format!("GET {target} HTTP/1.1\r\nhost: bench\r\nx-forwarded-for: {address}\r\n\r\n")
        .into_bytes()
}

pub fn post(target: &str, person: usize, token: &str, key: &str, body: &str) -> Vec<u8> {
    let (address, length) = (address(person), body.len());
    format!(
        "POST {target} HTTP/1.1\r\nhost: bench\r\nx-forwarded-for: {address}\r\nauthorization: Bearer {token}\r\n\
         idempotency-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Of somebody who has no token.
pub fn post_openly(target: &str, person: usize, body: &str) -> Vec<u8> {
    let (address, length) = (address(person), body.len());
    format!(
        "POST {target} HTTP/1.1\r\nhost: bench\r\nx-forwarded-for: {address}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// In a network that nobody has: see RFC 2544.
fn address(person: usize) -> Ipv4Addr {
    let [.., high, low] = person.to_be_bytes();
    Ipv4Addr::new(198, 18, high, low)
}
