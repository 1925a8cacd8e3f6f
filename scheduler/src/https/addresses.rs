use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use domain::webhooks::is_public;
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

/// Finds the addresses of a name. It is asked for each connection: a name that leads elsewhere by then is judged by then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    /// Those of private networks, too.
    pub private: bool,
}

/// Nothing is connected to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAddress {
    #[error("the name cannot be resolved")]
    Unknown(#[source] std::io::Error),
    #[error("the name has only addresses of private networks")]
    Private,
}

impl Addresses {
    pub fn allows(self, address: IpAddr) -> bool {
        self.private || is_public(address)
    }

    async fn find(self, name: Name) -> Result<std::vec::IntoIter<SocketAddr>, NoAddress> {
        // The port is set by whoever asked.
        let found = tokio::net::lookup_host((name.as_str(), 0)).await;
        let found = found.map_err(NoAddress::Unknown)?;
        let allowed: Vec<SocketAddr> = found.filter(|it| self.allows(it.ip())).collect();
        if allowed.is_empty() { Err(NoAddress::Private) } else { Ok(allowed.into_iter()) }
    }
}

impl Service<Name> for Addresses {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = NoAddress;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, NoAddress>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoAddress>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(self.find(name))
    }
}
