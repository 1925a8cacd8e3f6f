//! Certificates for the double, made anew in each test.
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tonic::transport::Identity;

/// Somebody who issues certificates, his own in a file.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("courtside-authority-{}-{number}.pem", std::process::id());
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, issuer.pem()).unwrap();
        Self { issuer, file }
    }

    /// Where its own certificate is, for as long as this lives.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Lets a server be `host`.
    pub fn issue(&self, host: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = self.sign(host, &key, |_| ());
        Identity::from_pem(certificate, key.serialize_pem())
    }

    /// As it was good for the server once.
    pub fn issue_expired(&self, host: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let past = |params: &mut CertificateParams| {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2020, 2, 1);
        };
        let certificate = self.sign(host, &key, past);
        Identity::from_pem(certificate, key.serialize_pem())
    }

    fn sign(&self, host: &str, key: &KeyPair, change: impl Fn(&mut CertificateParams)) -> String {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        change(&mut params);
        params.signed_by(key, &self.issuer).unwrap().pem()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}
