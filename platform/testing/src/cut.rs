//! A wire that can be cut, or made to swallow: stands before a server, passes everything on, and when told drops every
//! connection, or passes on nothing more in one direction.
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub struct Cut {
    pub port: u16,
    cuts: watch::Sender<u32>,
    swallowed: watch::Sender<Option<Swallowed>>,
}

/// What is taken from one side and never reaches the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swallowed {
    /// The server hears nothing more.
    Requests,
    /// The client hears nothing more.
    Answers,
}

impl Cut {
    /// Listens on a free port and passes on to `server`.
    pub async fn before(server: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has free ports");
        let port = listener.local_addr().expect("a listener has an address").port();
        let (cuts, told) = watch::channel(0);
        let (swallowed, swallowing) = watch::channel(None);
        let server = server.to_owned();
        tokio::spawn(async move {
            while let Ok((here, _)) = listener.accept().await {
                let (server, mut told) = (server.clone(), told.clone());
                let swallowing = swallowing.clone();
                told.mark_unchanged();
                tokio::spawn(async move {
                    let Ok(there) = TcpStream::connect(server).await else { return };
                    let (from_client, to_client) = here.into_split();
                    let (from_server, to_server) = there.into_split();
                    let requests = (Swallowed::Requests, swallowing.clone());
                    let answers = (Swallowed::Answers, swallowing);
                    tokio::select! {
                        () = pass(from_client, to_server, requests) => {}
                        () = pass(from_server, to_client, answers) => {}
                        _ = told.changed() => {}
                    }
                });
            }
        });
        Self { port, cuts, swallowed }
    }

    /// Drops every connection that is open now; new ones are let through.
    pub fn now(&self) {
        self.cuts.send_modify(|it| *it += 1);
    }

    /// From now on one direction is read and goes nowhere, on every connection.
    pub fn swallow(&self, what: Swallowed) {
        self.swallowed.send_replace(Some(what));
    }

    /// New connections are passed on, and of those that were open whoever missed something hears nothing more, and of no
    /// end either: a server vanished, and another has its address.
    pub fn go_on_elsewhere(&self) {
        self.swallowed.send_replace(None);
    }

    /// Everything is passed on again. What was open has missed something, and is dropped.
    pub fn heal(&self) {
        self.swallowed.send_replace(None);
        self.now();
    }
}

/// Until either end is over; that ends the whole connection.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    (direction, swallowing): (Swallowed, watch::Receiver<Option<Swallowed>>),
) {
    let mut buffer = vec![0; 16 * 1024];
    let mut is_deaf = false;
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        // Whoever missed something would make no sense of what comes after it.
        is_deaf |= *swallowing.borrow() == Some(direction);
        if !is_deaf && to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
