//! What the client says nothing of: whose certificates are trusted, and why a secured connection did not come to be.
//!
//! It reads its files in a task that dies of a bad one in silence, and of a failed handshake it keeps only that it
//! failed. So what it will read is read before it, and after a failed connect the server is asked once more.
use std::io;
use std::sync::Arc;
use std::time::Duration;

use eventstore::{ClientSettings, Endpoint};
use futures::future::join_all;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::client::ConnectError;
use crate::{Hindrance, Source};

/// How long the nodes may take to say how they speak. Somebody is waiting for a bad answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long what they said is believed. Of many who fail together one asks.
const FRESH: Duration = Duration::from_secs(1);

/// What an HTTP/2 client says first: its preface and empty settings. A server that speaks it answers with settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Where in a frame of HTTP/2 its type is, and which type settings are.
const TYPE: usize = 3;
const SETTINGS: u8 = 4;

/// How the nodes are to be spoken to.
pub(super) struct Tls {
    nodes: Vec<Endpoint>,
    is_on: bool,
    verifies: bool,
    config: Arc<ClientConfig>,
    last: Mutex<Option<(Instant, Option<Verdict>)>>,
}

/// Why no node can be spoken to, known from its own answer.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) hindrance: Hindrance,
    pub(super) why: String,
}

impl Tls {
    /// Reads what the client will read, with TLS or without: it does so too.
    pub(super) fn new(settings: &ClientSettings) -> Result<Self, ConnectError> {
        let roots = match settings.tls_ca_file() {
            Some(path) => authorities(path)
                .map_err(|source| ConnectError::Authority { path: path.clone(), source })?,
            None => native().map_err(ConnectError::Authorities)?,
        };
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|it| ConnectError::Authorities(it.into()))?
            .with_root_certificates(roots);
        let mut config = match settings.user_certificate() {
            Some((certificate, key)) => {
                let ours = |source| ConnectError::Ours {
                    certificate: certificate.clone(),
                    key: key.clone(),
                    source,
                };
                let (chain, key) = pair(certificate, key).map_err(ours)?;
                config.with_client_auth_cert(chain, key).map_err(|it| ours(it.into()))?
            }
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self {
            nodes: settings.hosts().clone(),
            is_on: settings.is_secure_mode_enabled(),
            verifies: settings.is_tls_certificate_verification_enabled(),
            config: Arc::new(config),
            last: Mutex::default(),
        })
    }

    /// Why no node can be spoken to; `None` if one can, or none says why not.
    pub(super) async fn verdict(&self) -> Option<Verdict> {
        let mut last = self.last.lock().await;
        if let Some((asked, verdict)) = last.as_ref()
            && asked.elapsed() < FRESH
        {
            return verdict.clone();
        }
        let answers = self.nodes.iter().map(|it| timeout(PATIENCE, self.ask(it)));
        let mut verdict = None;
        for answer in join_all(answers).await {
            match answer {
                Ok(Ok(None)) => {
                    verdict = None;
                    break;
                }
                Ok(Ok(told)) => verdict = verdict.or(told),
                // Away, or silent: that is an outage.
                Ok(Err(_)) | Err(_) => {}
            }
        }
        *last = Some((Instant::now(), verdict.clone()));
        verdict
    }

    /// Greets a node as the client does: nothing is wrong with it, or it says what.
    async fn ask(&self, node: &Endpoint) -> io::Result<Option<Verdict>> {
        let greeted = self.greet(node).await;
        let refused = match &greeted {
            Ok(()) => None,
            Err(error) => match error.get_ref().and_then(|it| it.downcast_ref()) {
                Some(rustls::Error::InvalidCertificate(why)) => Some(why),
                _ if !self.is_on => return Ok(None),
                _ if speaks_plainly(node).await? => {
                    let why = format!("{}:{} answers without TLS", node.host, node.port);
                    return Ok(Some(Verdict { hindrance: Hindrance::Plaintext, why }));
                }
                _ => return greeted.map(|()| None),
            },
        };
        if !self.is_on {
            let why = format!("{}:{} answers with TLS", node.host, node.port);
            return Ok(Some(Verdict { hindrance: Hindrance::Encrypted, why }));
        }
        Ok(refused.filter(|_| self.verifies).map(|why| Verdict {
            hindrance: match why {
                // The signature of another, who has the same name.
                CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                    Hindrance::Authority
                }
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => Hindrance::HostName,
                _ => Hindrance::Certificate,
            },
            why: why.to_string(),
        }))
    }

    async fn greet(&self, node: &Endpoint) -> io::Result<()> {
        let name = ServerName::try_from(bare(&node.host).to_owned());
        let name = name.map_err(|it| io::Error::new(io::ErrorKind::InvalidInput, it))?;
        TlsConnector::from(self.config.clone()).connect(name, connect(node).await?).await?;
        Ok(())
    }
}

/// Whether a node answers to HTTP/2 as it is.
async fn speaks_plainly(node: &Endpoint) -> io::Result<bool> {
    let mut stream = connect(node).await?;
    stream.write_all(PREFACE).await?;
    let mut frame = [0; TYPE + 1];
    stream.read_exact(&mut frame).await?;
    Ok(frame[TYPE] == SETTINGS)
}

async fn connect(node: &Endpoint) -> io::Result<TcpStream> {
    let port =
        u16::try_from(node.port).map_err(|it| io::Error::new(io::ErrorKind::InvalidInput, it))?;
    TcpStream::connect((bare(&node.host), port)).await
}

/// An address of version 6 has brackets in a URL and none elsewhere.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn authorities(path: &str) -> Result<RootCertStore, Source> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path)? {
        roots.add(certificate?)?;
    }
    if roots.is_empty() { Err("it is empty".into()) } else { Ok(roots) }
}

/// Those of this machine. The client dies of one that cannot be read, among a hundred that can.
fn native() -> Result<RootCertStore, Source> {
    let found = rustls_native_certs::load_native_certs();
    if let Some(error) = found.errors.into_iter().next() {
        return Err(error.into());
    }
    let mut roots = RootCertStore::empty();
    for certificate in found.certs {
        roots.add(certificate)?;
    }
    Ok(roots)
}

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn pair(certificate: &str, key: &str) -> Result<Pair, Source> {
    let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<_, _>>()?;
    Ok((chain, PrivateKeyDer::from_pem_file(key)?))
}
