//! The accept loop. Our own, because what bounds a slow or greedy client is set on the connection.
//!
//! **Invariant:** at the end no request is lost that anybody has begun to send: what is open is answered, and told to come
//! no more, until the client has closed it or was silent for as long as any silent one is borne with.
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::ConnectInfo;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

use super::address::OverTls;
use super::tls::Tls;
use crate::Shutdown;

/// From the first byte of a request, or the end of the one before, to the end of its head.
const HEAD: Duration = Duration::from_secs(5);
/// The largest head, all lines together.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Each costs a file and some kilobytes. Who comes later is turned away at once instead of served late.
const MAX_CONNECTIONS: usize = 2_000;
/// Requests at once on one HTTP/2 connection: a browser uses a handful, a proxy opens another connection.
const MAX_STREAMS: u32 = 100;
/// A peer that vanished without a word is noticed after the sum of these.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_PATIENCE: Duration = Duration::from_secs(10);
/// For requests in flight when the process ends, and for connections that nobody uses any more; supervisors kill after thirty.
const LAST_REQUESTS: Duration = Duration::from_secs(20);

/// Accepts connections until `shutdown`, then lets requests in flight finish. Who asks no more closes, or is closed
/// after five seconds.
pub async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown) -> io::Result<()> {
    serve_at_most(MAX_CONNECTIONS, listener, None, router, shutdown).await;
    Ok(())
}

/// The same, over TLS.
pub async fn serve_tls(
    listener: TcpListener,
    tls: Tls,
    router: Router,
    shutdown: Shutdown,
) -> io::Result<()> {
    serve_at_most(MAX_CONNECTIONS, listener, Some(tls), router, shutdown).await;
    Ok(())
}

async fn serve_at_most(
    connections: usize,
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    shutdown: Shutdown,
) {
    let builder = builder();
    let places = Arc::new(Semaphore::new(connections));
    let let_in = |(stream, peer)| {
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!("{connections} connections are open: another is closed");
            return;
        };
        let connection = Connection {
            stream,
            tls: tls.clone(),
            peer,
            router: router.clone(),
            ending: shutdown.clone(),
            _place: place,
        };
        tokio::spawn(connection.run(builder.clone()));
    };
    while let Some(accepted) = accept(&listener, &shutdown).await {
        let_in(accepted);
    }
    last_in_line(listener).for_each(let_in);
    let all = u32::try_from(connections).unwrap_or(u32::MAX);
    if tokio::time::timeout(LAST_REQUESTS, places.acquire_many(all)).await.is_err() {
        tracing::warn!(
            "requests were cut off: they took longer than {} s",
            LAST_REQUESTS.as_secs()
        );
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(MAX_HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(MAX_HEAD_BYTES).unwrap_or(u32::MAX))
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_PATIENCE);
    builder
}

/// The next connection; `None` at shutdown.
async fn accept(listener: &TcpListener, shutdown: &Shutdown) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let error = match shutdown.run_until_cancelled(listener.accept()).await? {
            Ok(accepted) => return Some(accepted),
            Err(error) => error,
        };
        let is_the_clients = matches!(
            error.kind(),
            io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
        );
        if !is_the_clients {
            // Most likely no file is left. Those in use come back; trying faster would only burn the processor.
            tracing::error!(error = &error as &dyn std::error::Error, "no connection can be taken");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// Who is connected already, by the system's word, and may have sent a request. Closed with the listener, they would not
/// know whether it was heard.
fn last_in_line(listener: TcpListener) -> impl Iterator<Item = (TcpStream, SocketAddr)> {
    let listener = listener.into_std().ok();
    std::iter::from_fn(move || {
        let (stream, peer) = listener.as_ref()?.accept().ok()?;
        stream.set_nonblocking(true).ok()?;
        Some((TcpStream::from_std(stream).ok()?, peer))
    })
}

struct Connection {
    stream: TcpStream,
    tls: Option<Tls>,
    peer: SocketAddr,
    router: Router,
    ending: Shutdown,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    async fn run(self, builder: Builder<TokioExecutor>) {
        // Answers are one write each: waiting to fill a packet only delays them.
        let _ = self.stream.set_nodelay(true);
        let Self { stream, tls, peer, router, ending, _place } = self;
        let Some(tls) = tls else {
            return Spoken { io: stream, over_tls: false, peer, router, ending }.run(builder).await;
        };
        // Somebody who does not greet us in time, or speaks no TLS, is gone; how is their affair.
        if let Ok(Ok(io)) = tokio::time::timeout(HEAD, tls.accept(stream)).await {
            Spoken { io, over_tls: true, peer, router, ending }.run(builder).await;
        }
    }
}

/// A connection on which HTTP is spoken.
struct Spoken<I> {
    io: I,
    over_tls: bool,
    peer: SocketAddr,
    router: Router,
    ending: Shutdown,
}

impl<I: AsyncRead + AsyncWrite + Send + Unpin + 'static> Spoken<I> {
    async fn run(self, builder: Builder<TokioExecutor>) {
        let Self { io, over_tls, peer, router, ending } = self;
        let asked = Arc::new(AtomicBool::new(false));
        let multiplexed = Arc::new(AtomicBool::new(false));
        let service = service_fn(|mut request: Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            let is_one_by_one = request.version() < Version::HTTP_2;
            multiplexed.store(!is_one_by_one, Ordering::Relaxed);
            request.extensions_mut().insert(ConnectInfo(peer));
            if over_tls {
                request.extensions_mut().insert(OverTls);
            }
            let (answering, ending) =
                (router.clone().oneshot(request.map(Body::new)), ending.clone());
            async move {
                let mut answer = answering.await?;
                // A connection closed while it is idle meets a request on its way; after an answer that says so it meets none.
                if is_one_by_one && ending.is_cancelled() {
                    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(answer)
            }
        });
        let mut serving = pin!(builder.serve_connection(TokioIo::new(io), service));
        // Until the first request it is not known which HTTP is spoken, and nothing else bounds that.
        let first = tokio::time::timeout(HEAD, &mut serving).await;
        if first.is_ok() || !asked.load(Ordering::Relaxed) {
            return;
        }
        // How a connection ends is the client's affair; what went wrong in a request was logged there.
        tokio::select! {
            _ = &mut serving => return,
            () = ending.cancelled() => {}
        }
        if multiplexed.load(Ordering::Relaxed) {
            // HTTP/2 has a word for it, which says as well what was not heard any more.
            serving.as_mut().graceful_shutdown();
        }
        let _ = serving.await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn one_connection_too_many_is_closed_and_its_place_is_free_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve_at_most(2, listener, None, Router::new(), Shutdown::new()));
        let is_closed = async |stream: &mut TcpStream| {
            let mut byte = [0];
            let reading = stream.read(&mut byte);
            matches!(tokio::time::timeout(Duration::from_millis(200), reading).await, Ok(Ok(0)))
        };
        let mut first = TcpStream::connect(address).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        let mut third = TcpStream::connect(address).await.unwrap();
        assert!(is_closed(&mut third).await);
        assert!(!is_closed(&mut first).await && !is_closed(&mut second).await);

        drop(first);
        testing::eventually("a place is free", Duration::from_secs(5), async || {
            let mut again = TcpStream::connect(address).await.unwrap();
            !is_closed(&mut again).await
        })
        .await;
    }
}
