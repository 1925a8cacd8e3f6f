//! The demo's mail server.
use std::time::Duration;

use runtime::{Clock, Shutdown};
use scheduler::mail::sink::Sink;
use testing::Scratch;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// The sink, as a sender that nobody wrote for us sees it.
#[tokio::test]
async fn the_sink_speaks_as_a_mail_server_does() {
    let edge = Scratch::new(&runtime::migrations::EDGE).await;
    let sink = Sink::bind(edge.pool.clone(), Clock::new()).await.unwrap();
    let address = sink.address().unwrap();
    let shutdown = Shutdown::new();
    tokio::spawn(sink.run(shutdown.clone()));
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    let large = format!("{}\r\n", "x".repeat(998)).repeat(1_100);
    for (says, answers) in [
        ("", "220"),
        ("RCPT TO:<a@example.org>\r\n", "503"),
        ("DATA\r\n", "503"),
        ("HELO me\r\n", "250"),
        ("MAIL FROM:<>\r\n", "250"),
        ("MAIL FROM:<b@example.org>\r\n", "503"),
        ("DATA\r\n", "503"),
        ("RCPT TO:\r\n", "501"),
        ("RSET\r\n", "250"),
        ("mail from: <b@example.org> BODY=8BITMIME\r\n", "250"),
        ("rcpt to:<a@example.org>\r\n", "250"),
        ("RCPT TO:<c@example.org>\r\n", "250"),
        ("DATA\r\n", "354"),
        ("Subject: dots\r\n\r\n.\u{0}.\r\n..\r\n.\r\n", "250"),
        ("VRFY a\r\n", "500"),
        ("NOOP\r\n", "250"),
        ("MAIL FROM:<b@example.org>\r\n", "250"),
        ("RCPT TO:<a@example.org>\r\n", "250"),
        ("DATA\r\n", "354"),
        (&format!("{large}.\r\n"), "552"),
        ("QUIT\r\n", "221"),
    ] {
        writer.write_all(says.as_bytes()).await.unwrap();
        let answer = tokio::time::timeout(Duration::from_secs(20), lines.next_line())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert!(answer.starts_with(answers), "{:?}: {answer}", &says[..says.len().min(40)]);
    }
    let kept = |to: &str| (to.to_owned(), "dots".to_owned(), "\u{fffd}.\n.\n".to_owned());
    let inbox: Vec<(String, String, String)> =
        sqlx::query_as("SELECT recipient, subject, body FROM inbox ORDER BY recipient")
            .fetch_all(&edge.pool)
            .await
            .unwrap();
    assert_eq!(inbox, [kept("a@example.org"), kept("c@example.org")]);
    shutdown.cancel();
}
