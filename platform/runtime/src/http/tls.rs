//! TLS in the process, for installations without a proxy. The certificate is looked at on SIGHUP and every few seconds, and
//! taken when it has changed; connections that are there go on with the one they began with.
//!
//! **Invariant:** what cannot be used is refused and told, and what was in use goes on.
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Unit;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::metrics::Metrics;
use crate::reload::Looks;
use crate::settings::TlsFiles;
use crate::{Clock, Shutdown};

/// A certificate and its key, as they are now. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    files: TlsFiles,
    clock: Clock,
    current: Arc<RwLock<Loaded>>,
    metrics: TlsMetrics,
}

/// What was read from the files.
#[derive(Clone)]
struct Loaded {
    config: Arc<ServerConfig>,
    /// The bytes it was made from: what is the same is no change.
    bytes: Arc<(Vec<u8>, Vec<u8>)>,
    term: Term,
}

/// When a certificate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// Why a certificate cannot be used, with the next step.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{setting} names {path}, which cannot be read: let this user read it, or correct it")]
    Unreadable {
        setting: &'static str,
        path: String,
        #[source]
        source: io::Error,
    },
    #[error(
        "TLS_CERT_FILE holds no certificate as PEM: the server's own first, then those that issued it"
    )]
    NoCertificate,
    #[error("TLS_KEY_FILE holds no private key as PEM, or one behind a passphrase")]
    NoKey,
    #[error(
        "the certificate and the key are not of one pair, or of a kind that is not spoken here"
    )]
    NotAPair(#[source] rustls::Error),
    #[error("the certificate counts from {0} on, and not yet")]
    NotYet(Timestamp),
    #[error("the certificate has ended at {0}")]
    Ended(Timestamp),
}

/// What was found and could not be used, and whether anybody was told. A key comes a moment after its certificate: what
/// is still so at the next look is told, once.
#[derive(Default)]
struct Refusal {
    why: String,
    told: bool,
}

#[derive(Clone)]
struct TlsMetrics {
    changes: Family<Outcome, Counter>,
    not_after: Gauge<i64, AtomicI64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

impl Tls {
    /// Reads the files. One that has ended is used all the same, and said: who comes is better told of a certificate
    /// than of a closed port.
    pub fn load(files: &TlsFiles, clock: Clock, metrics: &Metrics) -> Result<Self, TlsError> {
        let loaded = read(files)?;
        if let Err(error) = loaded.term.check(clock.now()) {
            tracing::error!("{error}: clients will refuse it");
        }
        let metrics = TlsMetrics::register(metrics);
        metrics.not_after.set(loaded.term.until.as_second());
        Ok(Self { files: files.clone(), clock, current: Arc::new(RwLock::new(loaded)), metrics })
    }

    /// Speaks TLS with whoever has connected.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(self.current().config).accept(stream).await
    }

    /// Looks for another certificate until `shutdown`.
    pub async fn follow(self, shutdown: Shutdown) {
        let mut refusal = Refusal::default();
        let following = async {
            let mut looks = Looks::begin();
            loop {
                looks.next().await;
                self.look(&mut refusal);
            }
        };
        shutdown.run_until_cancelled(following).await;
    }

    fn look(&self, refusal: &mut Refusal) {
        match self.changed() {
            Ok(None) => *refusal = Refusal::default(),
            Ok(Some(now)) => {
                tracing::info!(until = %now.term.until, "another certificate is in use");
                self.metrics.note("taken");
                self.metrics.not_after.set(now.term.until.as_second());
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = now;
                *refusal = Refusal::default();
            }
            Err(error) => {
                let why = error.to_string();
                if refusal.why != why {
                    *refusal = Refusal { why, told: false };
                } else if !refusal.told {
                    let error: &dyn std::error::Error = &error;
                    tracing::error!(error, "a certificate is refused; the one before goes on");
                    self.metrics.note("refused");
                    refusal.told = true;
                }
            }
        }
    }

    /// What the files hold, if it is another one and of use today.
    fn changed(&self) -> Result<Option<Loaded>, TlsError> {
        let now = read(&self.files)?;
        if now.bytes == self.current().bytes {
            return Ok(None);
        }
        now.term.check(self.clock.now())?;
        Ok(Some(now))
    }

    fn current(&self) -> Loaded {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Term {
    /// Of the certificate in the files, if it can be used with its key.
    pub fn of(files: &TlsFiles) -> Result<Self, TlsError> {
        Ok(read(files)?.term)
    }

    pub fn check(&self, now: Timestamp) -> Result<(), TlsError> {
        match *self {
            Self { from, .. } if now < from => Err(TlsError::NotYet(from)),
            Self { until, .. } if until <= now => Err(TlsError::Ended(until)),
            Self { .. } => Ok(()),
        }
    }
}

fn read(files: &TlsFiles) -> Result<Loaded, TlsError> {
    let certificate = bytes("TLS_CERT_FILE", &files.certificate)?;
    let key = bytes("TLS_KEY_FILE", &files.key)?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&certificate)
        .collect::<Result<_, _>>()
        .map_err(|_| TlsError::NoCertificate)?;
    let term = term(chain.first().ok_or(TlsError::NoCertificate)?)?;
    let private = PrivateKeyDer::from_pem_slice(&key).map_err(|_| TlsError::NoKey)?;
    // Named, not the process's: nothing here depends on who was first to choose one.
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::NotAPair)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(TlsError::NotAPair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Loaded { config: Arc::new(config), bytes: Arc::new((certificate, key)), term })
}

fn term(certificate: &CertificateDer<'_>) -> Result<Term, TlsError> {
    let (_, it) = X509Certificate::from_der(certificate).map_err(|_| TlsError::NoCertificate)?;
    let at = |it: i64| Timestamp::from_second(it).map_err(|_| TlsError::NoCertificate);
    let validity = it.validity();
    Ok(Term {
        from: at(validity.not_before.timestamp())?,
        until: at(validity.not_after.timestamp())?,
    })
}

fn bytes(setting: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Unreadable {
        setting,
        path: path.display().to_string(),
        source,
    })
}

impl TlsMetrics {
    fn register(metrics: &Metrics) -> Self {
        let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let it = Self { changes: Family::default(), not_after: Gauge::default() };
        for outcome in ["taken", "refused"] {
            let _ = it.changes.get_or_create(&Outcome { outcome });
        }
        registry.register(
            "tls_certificate_changes",
            "Certificates found changed, by whether they could be used",
            it.changes.clone(),
        );
        registry.register_with_unit(
            "tls_certificate_not_after_timestamp",
            "When the certificate in use ends, since 1970",
            Unit::Seconds,
            it.not_after.clone(),
        );
        it
    }

    fn note(&self, outcome: &'static str) {
        self.changes.get_or_create(&Outcome { outcome }).inc();
    }
}

#[cfg(test)]
mod tests;
