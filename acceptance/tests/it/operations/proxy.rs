//! `ops/proxy/nginx.conf` as it stands there, but for ports, addresses and the certificate: real traffic through a real NGINX
//! to the two APIs.
#![expect(clippy::disallowed_methods, reason = "an id as a client makes it")]
use std::time::Duration;

use acceptance::{Nginx, Process, Servers};
use serde_json::Value;
use testing::eventually;

const NAME: &str = Nginx::NAME;

#[tokio::test]
async fn nginx_carries_what_clients_and_the_product_say_to_each_other() {
    let servers = Servers::scratch()
        .await
        .with("TRUST_PROXY", "1")
        .with("SERVER_URL", &format!("https://{NAME}"))
        .with("REQUIRE_HTTPS", "true");
    let mut command = Process::start(&["command-api"], &servers.environment);
    command.ready().await;
    let mut query = Process::start(&["query-api"], &servers.environment);
    query.ready().await;
    let nginx = Nginx::start(&[command.port], &[query.port]);
    let me = nginx.url("/v1/me/address");
    eventually("NGINX listens", Duration::from_secs(30), async || {
        nginx.curl(&[&me]).await.0 == "200"
    })
    .await;

    // Whatever a client says about where it comes from, and how, is not passed on.
    let forged = [
        "-H",
        "X-Forwarded-For: 203.0.113.7",
        "-H",
        "Forwarded: for=203.0.113.8;proto=http",
        "-H",
        "X-Forwarded-Proto: http",
    ];
    let (status, said) = nginx.curl(&[&forged[..], &[&me]].concat()).await;
    let address: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(
        (status.as_str(), &address["address"]),
        ("200", &Value::from("127.0.0.2")),
        "{said}"
    );

    // The caller's own id comes back, and stands in both logs.
    let id = uuid::Uuid::new_v4().to_string();
    let header = format!("X-Request-Id: {id}");
    let (_, said) = nginx.curl(&["-i", "-H", &header, &me]).await;
    assert!(said.contains(&format!("x-request-id: {id}")), "{said}");
    assert!(said.contains("strict-transport-security: max-age=31536000"), "{said}");
    assert!(query.log().contains(&id) && !command.log().contains(&id));
    eventually("NGINX's own line", Duration::from_secs(30), async || {
        nginx.file("access.log").contains(&id)
    })
    .await;

    // The method decides where it goes.
    let json = ["-H", "content-type: application/json", "-d", "{}"];
    let (status, said) =
        nginx.curl(&[&json[..], &["-H", &header, &nginx.url("/v1/registrations")]].concat()).await;
    assert_eq!(status, "400", "{said}");
    assert!(command.log().contains(&id), "a command");

    // As large as the product reads; larger, which it refuses itself; and so large that NGINX does.
    for (bytes, status, detail) in [
        (64 * 1024, "400", "problems/malformed-request"),
        (64 * 1024 + 1, "413", "a body has at most 65536 bytes"),
        (2 * 1024 * 1024, "413", "a body has at most 65536 bytes"),
    ] {
        let body = nginx.folder.join("body");
        let text = "x".repeat(bytes - "{\"email\":\"\"}".len());
        std::fs::write(&body, format!("{{\"email\":\"{text}\"}}")).expect("a body");
        let body = format!("@{}", body.display());
        let sent = ["-i", "-H", "content-type: application/json", "--data-binary", &body];
        let (got, said) =
            nginx.curl(&[&sent[..], &[&nginx.url("/v1/registrations")]].concat()).await;
        assert_eq!(got, status, "{bytes}: {said}");
        assert!(said.contains(detail) && said.contains("application/problem+json"), "{said}");
    }

    // What an operator asks from where clients are.
    let (https, certificate) = (nginx.url(""), nginx.folder.join("certificate.pem"));
    let trusting = [("SSL_CERT_FILE".to_owned(), certificate.display().to_string())];
    let asking = ["doctor", "proxy", "--url", &https, "--connect", "127.0.0.1"];
    let (well, said) = Process::run(&asking, &trusting).await;
    assert!(well && said.contains("by the word of 1 in front"), "{said}");
    let direct = format!("http://127.0.0.1:{}", query.port);
    let (well, said) = Process::run(&["doctor", "proxy", "--url", &direct], &[]).await;
    assert!(!well && said.contains("it answers 403"), "{said}");
    let (well, said) = Process::run(&["doctor", "proxy", "--url", "http://127.0.0.1:1"], &[]).await;
    assert!(!well && said.contains("names the proxy, that it is up"), "{said}");

    // The monitoring needs no TLS: it does not come this way.
    let metrics = format!("http://127.0.0.1:{}/metrics", command.operations_port);
    assert_eq!(nginx.curl(&[&metrics]).await.0, "200");

    // In clear there is nothing but the way to what is not.
    let plain = format!("http://127.0.0.1:{}/v1/courts", nginx.http);
    let (status, said) = nginx.curl(&["-i", &plain]).await;
    assert_eq!(status, "301", "{said}");
    assert!(said.contains(&format!("Location: https://{NAME}/v1/courts")), "{said}");
    // Nor for another name, nor with what is no longer trusted.
    let (status, said) =
        nginx.curl(&["-k", &format!("https://127.0.0.1:{}/v1/courts", nginx.https)]).await;
    assert_eq!(status, "000", "{said}");
    let (status, said) = nginx.curl(&["--tls-max", "1.1", &me]).await;
    assert_eq!(status, "000", "{said}");
    for version in [["--tls-max", "1.2"], ["--tlsv1.3", "--http1.1"]] {
        assert_eq!(nginx.curl(&[&version[..], &[&me]].concat()).await.0, "200", "{version:?}");
    }

    // Nobody behind it: a query changed nothing; of a command that is not known.
    command.kill();
    query.kill();
    for (arguments, problem) in [(&[] as &[&str], "unavailable"), (&json, "outcome-unknown")] {
        let (status, said) = nginx.curl(&[&["-i"], arguments, &[&me]].concat()).await;
        assert_eq!(status, "503", "{said}");
        let kind = format!("\"type\":\"https://{NAME}/problems/{problem}\"");
        assert!(said.contains(&kind) && said.to_lowercase().contains("retry-after: 1"), "{said}");
    }
}
