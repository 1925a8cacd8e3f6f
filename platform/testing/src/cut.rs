//! A wire that can be cut: stands before a server, passes everything on, and drops every connection when told.
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub struct Cut {
    pub port: u16,
    cuts: watch::Sender<u32>,
}

impl Cut {
    /// Listens on a free port and passes on to `server`.
    pub async fn before(server: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has free ports");
        let port = listener.local_addr().expect("a listener has an address").port();
        let (cuts, told) = watch::channel(0);
        let server = server.to_owned();
        tokio::spawn(async move {
            while let Ok((mut here, _)) = listener.accept().await {
                let (server, mut told) = (server.clone(), told.clone());
                told.mark_unchanged();
                tokio::spawn(async move {
                    let Ok(mut there) = TcpStream::connect(server).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut here, &mut there) => {}
                        _ = told.changed() => {}
                    }
                });
            }
        });
        Self { port, cuts }
    }

    /// Drops every connection that is open now; new ones are let through.
    pub fn now(&self) {
        self.cuts.send_modify(|it| *it += 1);
    }
}
