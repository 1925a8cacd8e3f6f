use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::routing::get;
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use jiff::SignedDuration;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use testing::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::{TlsConnector, client};

use super::*;
use crate::http::{Edge, Proxies, serve_tls};
use crate::settings::{ForwardedHeader, TrustProxy};

/// A certificate that speaks for itself.
struct Own {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Own {
    fn new() -> Self {
        Self::between(2020, 2120)
    }

    fn between(from: i32, until: i32) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        Self { certificate: params.self_signed(&key).unwrap(), key }
    }
}

/// A server, and the files it reads.
struct World {
    directory: PathBuf,
    tls: Tls,
    refusal: Refusal,
    metrics: Metrics,
    address: SocketAddr,
    shutdown: Shutdown,
}

impl World {
    async fn new(own: &Own) -> Self {
        let directory = std::env::temp_dir().join(format!("courtside-tls-{}", crate::ids::new()));
        std::fs::create_dir(&directory).unwrap();
        let files =
            TlsFiles { certificate: directory.join("cert.pem"), key: directory.join("key.pem") };
        write(&files, Some(own), Some(own));
        let metrics = Metrics::default();
        let tls = Tls::load(&files, Clock::new(), &metrics).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        let edge = Edge {
            health: crate::health::Health::default(),
            metrics: metrics.clone(),
            server_url: "https://courts.example".to_owned(),
            proxies: Proxies { trust: TrustProxy::loopback(), header: ForwardedHeader::XForwarded },
            require_https: true,
            cors_origins: Vec::new(),
            is_traced: false,
            clock: None,
            limiting: None,
        };
        let spoken = async |request: Request| format!("served {:?}", request.version());
        let routes = edge.around(Router::new().route("/", get(spoken)));
        tokio::spawn(serve_tls(listener, tls.clone(), routes, shutdown.clone()));
        Self { directory, tls, refusal: Refusal::default(), metrics, address, shutdown }
    }

    fn write(&mut self, certificate: Option<&Own>, key: Option<&Own>) {
        write(&self.tls.files, certificate, key);
        self.look();
    }

    fn look(&mut self) {
        self.tls.look(&mut self.refusal);
    }

    /// How often one was taken, and refused.
    fn counted(&self) -> (u64, u64) {
        let count = |outcome| self.tls.metrics.changes.get_or_create(&Outcome { outcome }).get();
        (count("taken"), count("refused"))
    }

    /// A connection to whoever has the certificate of `own`, and to nobody else.
    async fn connect(&self, own: &Own, alpn: &[u8]) -> io::Result<client::TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(own.certificate.der().clone()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![alpn.to_vec()];
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    async fn serves(&self, own: &Own) {
        ask(&mut self.connect(own, b"http/1.1").await.unwrap()).await;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn write(files: &TlsFiles, certificate: Option<&Own>, key: Option<&Own>) {
    let garbage = || "not a certificate".to_owned();
    let certificate = certificate.map_or_else(garbage, |it| it.certificate.pem());
    let key = key.map_or_else(garbage, |it| it.key.serialize_pem());
    std::fs::write(&files.certificate, certificate).unwrap();
    std::fs::write(&files.key, key).unwrap();
}

/// Asks on a connection that stays open, and returns the answer.
async fn ask(stream: &mut client::TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut text = String::new();
    while !text.ends_with("served HTTP/1.1") {
        let mut bytes = [0; 1024];
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(0 < read, "closed after {text}");
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    text
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_and_no_connection_is_dropped() {
    let (first, second) = (Own::new(), Own::new());
    let mut world = World::new(&first).await;
    let mut early = world.connect(&first, b"http/1.1").await.unwrap();
    let answer = ask(&mut early).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "REQUIRE_HTTPS is content: {answer}");
    assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");

    world.write(Some(&second), Some(&second));
    assert_eq!(world.counted(), (1, 0));
    world.serves(&second).await;
    ask(&mut early).await;
    let shown = world.connect(&first, b"http/1.1").await;
    assert!(shown.is_err(), "nobody is shown the old one any more");
    world.write(Some(&second), Some(&second));
    assert_eq!(world.counted(), (1, 0), "what is the same is no change");
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_and_the_one_before_goes_on() {
    let (first, second) = (Own::new(), Own::new());
    let (ended, early) = (Own::between(2019, 2020), Own::between(2119, 2120));
    let mut world = World::new(&first).await;
    let rows: [(&str, Option<&Own>, Option<&Own>); 5] = [
        ("no certificate", None, Some(&first)),
        ("no key", Some(&first), None),
        ("a key of another", Some(&second), Some(&first)),
        ("one that has ended", Some(&ended), Some(&ended)),
        ("one that does not count yet", Some(&early), Some(&early)),
    ];
    for (n, (case, certificate, key)) in (0..).zip(rows) {
        world.write(certificate, key);
        assert_eq!(world.counted(), (0, n), "{case}: its other half may come in a moment");
        world.look();
        assert_eq!(world.counted(), (0, n + 1), "{case}");
        world.look();
        assert_eq!(world.counted(), (0, n + 1), "{case}: told once");
        world.serves(&first).await;
    }
    world.write(Some(&second), Some(&second));
    assert_eq!(world.counted(), (1, 5));
    world.serves(&second).await;
    std::fs::remove_file(&world.tls.files.key).unwrap();
    world.look();
    world.look();
    assert_eq!(world.counted(), (1, 6), "a file that is gone");
    world.serves(&second).await;

    let mut text = String::new();
    let registry = world.metrics.registry.lock().unwrap();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    assert!(text.contains("tls_certificate_changes_total{outcome=\"refused\"} 6"), "{text}");
    let until = "2120-01-01T00:00:00Z".parse::<Timestamp>().unwrap().as_second();
    let ends = format!("tls_certificate_not_after_timestamp_seconds {until}");
    assert!(text.contains(&ends), "{text}");
}

#[tokio::test]
async fn one_that_counts_from_tomorrow_is_taken_tomorrow() {
    let (first, later) = (Own::new(), Own::between(2100, 2120));
    let mut world = World::new(&first).await;
    world.write(Some(&later), Some(&later));
    assert_eq!(world.counted(), (0, 0));
    world.tls.clock.correct(SignedDuration::from_hours(24 * 365 * 90));
    world.look();
    assert_eq!(world.counted(), (1, 0));
}

#[tokio::test]
async fn a_running_server_looks_by_itself() {
    let (first, second) = (Own::new(), Own::new());
    let world = World::new(&first).await;
    tokio::spawn(world.tls.clone().follow(world.shutdown.clone()));
    write(&world.tls.files, Some(&second), Some(&second));
    eventually("the renewed one is shown", Duration::from_secs(30), async || {
        world.connect(&second, b"http/1.1").await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn http_2_is_spoken_with_who_asks_for_it() {
    let own = Own::new();
    let world = World::new(&own).await;
    let stream = world.connect(&own, b"h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = TokioIo::new(stream);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("https://localhost/").body(Empty::<Bytes>::new()).unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "served HTTP/2.0");
}

#[tokio::test]
async fn who_speaks_no_tls_is_hung_up_on_and_the_next_is_served() {
    let own = Own::new();
    let world = World::new(&own).await;
    for bytes in
        ["GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0"]
    {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut told = Vec::new();
        let _ = stream.read_to_end(&mut told).await;
        assert!(!String::from_utf8_lossy(&told).contains("served"), "{bytes:?}");
    }
    world.serves(&own).await;
}

/// Time stands still here until nothing else is left to wait for.
#[tokio::test(start_paused = true)]
async fn who_does_not_finish_a_handshake_is_hung_up_on() {
    const MINUTE: Duration = Duration::from_mins(1);
    let world = World::new(&Own::new()).await;
    for begun in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        stream.write_all(begun).await.unwrap();
        let mut told = Vec::new();
        let reading = tokio::time::timeout(MINUTE, stream.read_to_end(&mut told));
        assert!(reading.await.is_ok(), "{begun:?}: given up, and not within a minute");
        assert!(told.is_empty(), "nobody has said a word");
    }
}
