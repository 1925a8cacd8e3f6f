use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use hyper_util::rt::{TokioExecutor, TokioIo};
use runtime::Shutdown;
use runtime::http::serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::http::world::{edge, routes};

struct Server {
    address: SocketAddr,
    shutdown: Shutdown,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    async fn start(routes: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        let task = tokio::spawn(serve(listener, edge().around(routes), shutdown.clone()));
        Self { address, shutdown, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// All that comes until the other side closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_handler_knows_the_address_of_its_client() {
    let peer = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() };
    let server = Server::start(Router::new().route("/peer", get(peer))).await;
    let mut stream = server.connect().await;
    let own = stream.local_addr().unwrap().to_string();
    stream.write_all(b"GET /peer HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(&own), "{answer}");
}

#[tokio::test]
async fn who_does_not_finish_a_head_is_hung_up_on() {
    let server = Server::start(routes()).await;
    let beginnings: [&[u8]; 4] =
        [b"", b"P", b"PRI * HTTP/2.0\r\n", b"GET /plain HTTP/1.1\r\nhost: a\r\ncookie: "];
    let began = Instant::now();
    let waiting = beginnings.map(|beginning| {
        let server = &server;
        async move {
            let mut stream = server.connect().await;
            stream.write_all(beginning).await.unwrap();
            rest(stream).await
        }
    });
    let all = timeout(Duration::from_secs(30), futures::future::join_all(waiting)).await;
    let answers = all.expect("each of them is hung up on");
    assert!(answers.iter().all(String::is_empty), "{answers:?}");
    assert!(Duration::from_secs(4) < began.elapsed(), "but not at once");
}

#[tokio::test]
async fn an_oversized_body_is_answered_and_not_only_cut_off() {
    let server = Server::start(routes()).await;
    let head = "POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\n";
    let announced = format!("{head}content-length: 200000\r\n\r\n{}", "x".repeat(200_000));
    let in_chunks = format!(
        "{head}transfer-encoding: chunked\r\n\r\n{}0\r\n\r\n",
        format!("4000\r\n{}\r\n", "x".repeat(0x4000)).repeat(10)
    );
    let asking_first = format!("{head}content-length: 200000\r\nexpect: 100-continue\r\n\r\n");
    for request in [announced, in_chunks, asking_first] {
        let mut stream = server.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(answer.contains("body-too-large") && answer.contains("nosniff"), "{answer}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_the_next_is_served() {
    let server = Server::start(routes()).await;
    for nonsense in [
        "hello\r\n\r\n",
        "GET /plain HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
    ] {
        let mut stream = server.connect().await;
        stream.write_all(nonsense.as_bytes()).await.unwrap();
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 400") || answer.is_empty(), "{nonsense}: {answer}");
    }
    let mut stream = server.connect().await;
    stream.write_all(b"GET /plain HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(rest(stream).await.ends_with("ok"));
}

#[tokio::test]
async fn a_request_in_flight_finishes_after_the_shutdown_and_nobody_new_is_let_in() {
    static GATE: Semaphore = Semaphore::const_new(0);
    static INSIDE: Semaphore = Semaphore::const_new(0);
    async fn wait() -> &'static str {
        INSIDE.add_permits(1);
        GATE.acquire().await.map(|_| "finished").unwrap_or_default()
    }
    let server = Server::start(Router::new().route("/wait", get(wait))).await;
    let idle = server.connect().await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let _inside = INSIDE.acquire().await.unwrap();

    server.shutdown.cancel();
    let refused = async || TcpStream::connect(server.address).await.is_err();
    testing::eventually("nobody new is let in", Duration::from_secs(30), refused).await;
    assert!(!server.task.is_finished(), "it waits for the request");

    GATE.add_permits(1);
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("finished"), "{answer}");
    timeout(Duration::from_secs(15), server.task).await.expect("then it ends").unwrap().unwrap();
    assert_eq!(rest(idle).await, "");
}

#[tokio::test]
async fn who_is_connected_at_the_end_is_answered_and_told_to_come_no_more() {
    let server = Server::start(routes()).await;
    let mut stream = server.connect().await;
    let asking = b"GET /plain HTTP/1.1\r\nhost: a\r\n\r\n";
    stream.write_all(asking).await.unwrap();
    let mut first = [0; 1024];
    let read = stream.read(&mut first).await.unwrap();
    let first = String::from_utf8_lossy(&first[..read]).into_owned();
    assert!(first.starts_with("HTTP/1.1 200") && !first.contains("connection: close"), "{first}");

    server.shutdown.cancel();
    let refused = async || TcpStream::connect(server.address).await.is_err();
    testing::eventually("nobody new is let in", Duration::from_secs(30), refused).await;
    // A proxy does not know yet, and sends what it has over the connection it has.
    stream.write_all(asking).await.unwrap();
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
    timeout(Duration::from_secs(15), server.task).await.expect("then it ends").unwrap().unwrap();
}

#[tokio::test]
async fn http_2_is_spoken_on_the_same_port() {
    let server = Server::start(routes()).await;
    let io = TokioIo::new(server.connect().await);
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    for (path, status) in [("/plain", 200), ("/nowhere", 404)] {
        let request = axum::http::Request::get(format!("http://a{path}"));
        let response =
            client.send_request(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.version(), axum::http::Version::HTTP_2);
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
}
