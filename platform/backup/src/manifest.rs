//! What a chain holds.
use std::fs::File;
use std::io::Write;
use std::path::Path;

use event_store::{LogId, Position};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use runtime::files;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::{BackupError, file};

/// `manifest.json` of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The log that it was taken of. What is restored from it is another one.
    pub log: LogId,
    pub begun_at: Timestamp,
    pub taken_at: Timestamp,
    /// Everything up to here is in the segments.
    pub position: Position,
    pub events: u64,
    /// The event at `position`: a log that has another one there is not the one that this goes on with.
    pub last: Option<Uuid>,
    pub segments: Vec<Segment>,
    pub vault: VaultCopy,
    /// HMAC-SHA-256 of all the above, in the form they are written here, under the key-encryption key.
    #[serde(default)]
    pub code: String,
}

/// Events after one position, up to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    pub after: Position,
    pub until: Position,
    pub events: u64,
    #[serde(flatten)]
    pub file: Sealed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultCopy {
    pub keys: u64,
    pub tombstones: u64,
    pub secrets: u64,
    #[serde(flatten)]
    pub file: Sealed,
}

/// A file as it lies there, so that anybody can look with `sha256sum`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    #[serde(rename = "file")]
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

/// Codes for manifests. One more key opens them while the key-encryption key is being exchanged.
pub struct Seal {
    keys: Vec<SecretString>,
}

pub(crate) const NAME: &str = "manifest.json";
const FORMAT: u32 = 1;

impl Manifest {
    pub(crate) fn new(log: LogId, now: Timestamp) -> Self {
        let file = Sealed { name: String::new(), bytes: 0, sha256: String::new() };
        Self {
            format: FORMAT,
            log,
            begun_at: now,
            taken_at: now,
            position: 0,
            events: 0,
            last: None,
            segments: Vec::new(),
            vault: VaultCopy { keys: 0, tombstones: 0, secrets: 0, file },
            code: String::new(),
        }
    }

    /// All files beside the manifest itself.
    pub fn files(&self) -> impl Iterator<Item = &Sealed> {
        self.segments.iter().map(|it| &it.file).chain([&self.vault.file])
    }

    pub fn bytes(&self) -> u64 {
        self.files().map(|it| it.bytes).sum()
    }

    pub(crate) fn read(chain: &Path, seal: &Seal) -> Result<Self, BackupError> {
        let path = chain.join(NAME);
        let text = std::fs::read(&path).map_err(file(&path))?;
        let manifest: Self =
            serde_json::from_slice(&text).map_err(|_| BackupError::Foreign(path.clone()))?;
        if manifest.format != FORMAT {
            return Err(BackupError::Foreign(path));
        }
        if !seal.is_ours(&manifest) {
            return Err(BackupError::Forged(path));
        }
        Ok(manifest)
    }

    /// In one step: whoever reads sees the one before or this one, whole.
    pub(crate) fn write(&mut self, chain: &Path, seal: &Seal) -> Result<(), BackupError> {
        self.code = seal.code(self);
        let path = chain.join(NAME);
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        let written = files::replace(&path, |to| {
            to.write_all(&text)?;
            to.write_all(b"\n")
        });
        written.map_err(file(&path))
    }
}

/// A name is there after a power cut only if its folder was written too.
pub(crate) fn sync_folder(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|it| it.sync_all()).map_err(file(path))
}

impl Seal {
    /// Of the key-encryption key, and the one on its way in or out.
    pub fn new(kek: &SecretString, also: Option<&SecretString>) -> Self {
        Self { keys: [kek].into_iter().chain(also).cloned().collect() }
    }

    fn code(&self, manifest: &Manifest) -> String {
        self.keys
            .first()
            .map_or_else(String::new, |key| hex::encode(mac(key, manifest).finalize().into_bytes()))
    }

    fn is_ours(&self, manifest: &Manifest) -> bool {
        let Ok(code) = hex::decode(&manifest.code) else { return false };
        self.keys.iter().any(|key| mac(key, manifest).verify_slice(&code).is_ok())
    }
}

fn mac(key: &SecretString, manifest: &Manifest) -> Hmac<Sha256> {
    let plain = Manifest { code: String::new(), ..manifest.clone() };
    let key = key.expose_secret().as_bytes();
    let mut mac = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(b"courtside backup manifest\n");
    mac.update(&serde_json::to_vec(&plain).unwrap_or_default());
    mac
}
