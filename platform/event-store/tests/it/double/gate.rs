//! The way in: connections pass here, so that they can be refused and cut as a network does it.
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

use super::Switches;

type Open = Arc<Mutex<Vec<AbortOnDropHandle<()>>>>;

pub struct Gate {
    pub address: SocketAddr,
    open: Open,
    _keeper: AbortOnDropHandle<()>,
}

impl Gate {
    pub async fn open(server: SocketAddr, switches: Arc<Switches>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let open = Open::default();
        let keeper = tokio::spawn(keep(listener, server, switches, open.clone()));
        Self { address, open, _keeper: AbortOnDropHandle::new(keeper) }
    }

    pub fn cut(&self) {
        self.open.lock().unwrap().clear();
    }
}

async fn keep(listener: TcpListener, server: SocketAddr, switches: Arc<Switches>, open: Open) {
    while let Ok((mut client, _)) = listener.accept().await {
        if Switches::is_on(&switches.refuse) {
            continue;
        }
        let passing = tokio::spawn(async move {
            if let Ok(mut server) = TcpStream::connect(server).await {
                let _ = copy_bidirectional(&mut client, &mut server).await;
            }
        });
        open.lock().unwrap().push(AbortOnDropHandle::new(passing));
    }
}
