//! The demo's mail server: takes everything, sends nothing on, and keeps it in table `inbox` for people to read.
//!
//! It speaks as much of RFC 5321 as a sender needs, on loopback alone.
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use runtime::{Clock, Shutdown, ids};
use sqlx::PgPool;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::message::{self, Received};

/// Listens, and keeps what comes.
pub struct Sink {
    listener: TcpListener,
    inbox: PgPool,
    clock: Clock,
}

/// RFC 5321 section 4.5.3.1 asks for 1,000 bytes and 100 recipients at least.
const MAX_LINE_BYTES: usize = 2_000;
const MAX_RECIPIENTS: usize = 100;
const MAX_MAIL_BYTES: usize = 1024 * 1024;
/// More wait until one ends.
const MAX_CONNECTIONS: usize = 16;
/// For the next line. A sender with a pool keeps its connection for a minute.
const IDLE: Duration = Duration::from_mins(2);

impl Sink {
    /// On a free port of loopback, so that two demos on one machine do not meet.
    pub async fn bind(inbox: PgPool, clock: Clock) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Self { listener, inbox, clock })
    }

    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    pub async fn run(self, shutdown: Shutdown) {
        let sink = Arc::new(self);
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut sessions = tokio::task::JoinSet::new();
        while let Some(Ok(place)) =
            shutdown.run_until_cancelled(Arc::clone(&room).acquire_owned()).await
        {
            while sessions.try_join_next().is_some() {}
            let Some(accepted) = shutdown.run_until_cancelled(sink.listener.accept()).await else {
                break;
            };
            match accepted {
                Ok((stream, _)) => {
                    let sink = Arc::clone(&sink);
                    sessions.spawn(async move {
                        if let Err(error) = sink.serve(stream).await {
                            tracing::debug!(
                                error = &error as &dyn std::error::Error,
                                "a mail session broke off"
                            );
                        }
                        drop(place);
                    });
                }
                // Out of file descriptors, mostly: trying again at once would not help.
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the mail sink cannot accept a connection"
                    );
                    let _ = tokio::time::timeout(Duration::from_millis(100), shutdown.cancelled())
                        .await;
                }
            }
        }
    }

    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let (reader, mut writer) = stream.split();
        let mut reader = BufReader::new(reader);
        let mut recipients: Vec<String> = Vec::new();
        let mut begun = false;
        say(&mut writer, "220 localhost keeps your mail").await?;
        while let Some(line) = read_line(&mut reader).await? {
            let line = String::from_utf8_lossy(&line);
            let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
            let answer = match verb.to_ascii_uppercase().as_str() {
                "EHLO" => {
                    (begun, recipients) = (false, Vec::new());
                    &format!("250-localhost\r\n250-8BITMIME\r\n250 SIZE {MAX_MAIL_BYTES}")
                }
                "HELO" | "RSET" => {
                    (begun, recipients) = (false, Vec::new());
                    "250 localhost"
                }
                "MAIL" if !begun && path(argument, "FROM:").is_some() => {
                    begun = true;
                    "250 go on"
                }
                "RCPT" if begun => match path(argument, "TO:").filter(|it| !it.is_empty()) {
                    _ if MAX_RECIPIENTS <= recipients.len() => "452 too many recipients",
                    Some(recipient) => {
                        recipients.push(recipient.to_owned());
                        "250 go on"
                    }
                    None => "501 to whom?",
                },
                "DATA" if !recipients.is_empty() => {
                    say(&mut writer, "354 end with a line of one dot").await?;
                    let mail = read_mail(&mut reader).await?;
                    begun = false;
                    self.keep(&std::mem::take(&mut recipients), mail).await
                }
                "NOOP" => "250 still here",
                "QUIT" => return say(&mut writer, "221 goodbye").await,
                "MAIL" | "RCPT" | "DATA" => "503 not now",
                _ => "500 what?",
            };
            say(&mut writer, answer).await?;
        }
        Ok(())
    }

    /// Answers for a whole mail: it is taken once it stands in the table.
    async fn keep(&self, recipients: &[String], mail: Option<Vec<u8>>) -> &'static str {
        let Some(mail) = mail else { return "552 too large" };
        let Received { subject, body, html } = message::read(&mail);
        let rows = recipients.len();
        let ids: Vec<_> = std::iter::repeat_with(ids::new).take(rows).collect();
        let kept = sqlx::query_file!(
            "src/mail/keep.sql",
            &ids,
            recipients,
            subject,
            body,
            html,
            self.clock.now().to_sqlx() as SqlTimestamp
        )
        .execute(&self.inbox)
        .await;
        match kept {
            Ok(_) => "250 kept",
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the inbox does not take a mail"
                );
                "451 later"
            }
        }
    }
}

/// The address in `FROM:<…>` or `TO:<…>`; what follows the bracket are parameters.
fn path<'a>(argument: &'a str, keyword: &str) -> Option<&'a str> {
    let (head, rest) = argument.trim_start().split_at_checked(keyword.len())?;
    let path = rest.trim_start().strip_prefix('<')?;
    head.eq_ignore_ascii_case(keyword).then_some(path.split_once('>')?.0)
}

async fn say(writer: &mut (impl AsyncWrite + Unpin), answer: &str) -> std::io::Result<()> {
    writer.write_all(format!("{answer}\r\n").as_bytes()).await
}

/// The next line without its end; `None` when the other side is gone or silent for too long.
async fn read_line(reader: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let limit = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX);
    let mut bounded = reader.take(limit);
    let Ok(read) = tokio::time::timeout(IDLE, bounded.read_until(b'\n', &mut line)).await else {
        return Ok(None);
    };
    if read? == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(std::io::Error::other("a line has no end"));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(line))
}

/// Reads up to the line of one dot. `None`: larger than we keep; it was read to its end and thrown away.
async fn read_mail(reader: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut mail = Vec::new();
    let mut fits = true;
    while let Some(line) = read_line(reader).await? {
        if line == b"." {
            return Ok(fits.then_some(mail));
        }
        fits = fits && mail.len() + line.len() < MAX_MAIL_BYTES;
        if fits {
            // A dot before a dot is the sender's way to begin a line with one.
            mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            mail.extend_from_slice(b"\r\n");
        }
    }
    Err(std::io::Error::other("a mail has no end"))
}
