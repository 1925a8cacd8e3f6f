//! One file: compressed, encrypted, hashed, and there only when it is whole.
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use age::x25519::{Identity, Recipient};
use age::{Decryptor, Encryptor};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::manifest::Sealed;
use crate::{BackupError, file};

/// A file that is being written, under another name.
pub(crate) struct Writing {
    path: PathBuf,
    to: GzEncoder<age::stream::StreamWriter<Hashed<BufWriter<File>>>>,
    plain: usize,
}

/// Hashes what goes through.
struct Hashed<W> {
    to: W,
    sum: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.sum.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Writing {
    pub fn begin(path: PathBuf, recipients: &[Recipient]) -> Result<Self, BackupError> {
        let part = part(&path);
        let begun = || -> io::Result<_> {
            let recipients = recipients.iter().map(|it| it as &dyn age::Recipient);
            let encryptor = Encryptor::with_recipients(recipients).map_err(io::Error::other)?;
            let to = BufWriter::new(File::create(&part)?);
            let to = encryptor.wrap_output(Hashed { to, sum: Sha256::new(), bytes: 0 })?;
            Ok(GzEncoder::new(to, Compression::default()))
        };
        let to = begun().map_err(file(&part))?;
        Ok(Self { path, to, plain: 0 })
    }

    /// Bytes that went in.
    pub fn plain(&self) -> usize {
        self.plain
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.plain += bytes.len();
        self.to.write_all(bytes).map_err(file(part(&self.path)))
    }

    /// On the disk, under its own name.
    pub fn finish(self) -> Result<Sealed, BackupError> {
        let Self { path, to, .. } = self;
        let part = part(&path);
        let finished = || -> io::Result<_> {
            let Hashed { to, sum, bytes } = to.finish()?.finish()?;
            to.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            std::fs::rename(&part, &path)?;
            Ok((hex::encode(sum.finalize()), bytes))
        };
        let (sha256, bytes) = finished().map_err(file(&path))?;
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default().to_owned();
        Ok(Sealed { name, bytes, sha256 })
    }
}

fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

impl Sealed {
    /// That what lies there is what was written; nothing has to be opened for it.
    pub(crate) fn check(&self, chain: &Path) -> Result<(), BackupError> {
        let path = chain.join(&self.name);
        let damaged = |what| BackupError::Damaged { path: path.clone(), what };
        let mut from = match File::open(&path) {
            Ok(it) => it,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::Missing(path));
            }
            Err(error) => return Err(file(&path)(error)),
        };
        let bytes = from.metadata().map_err(file(&path))?.len();
        if bytes != self.bytes {
            let what = if bytes < self.bytes { "it is cut short" } else { "it is too long" };
            return Err(damaged(what));
        }
        let mut read = Hashed { to: io::sink(), sum: Sha256::new(), bytes: 0 };
        io::copy(&mut from, &mut read).map_err(file(&path))?;
        if hex::encode(read.sum.finalize()) == self.sha256 {
            Ok(())
        } else {
            Err(damaged("its SHA-256 differs"))
        }
    }

    pub(crate) fn open(
        &self,
        chain: &Path,
        identities: &[Identity],
    ) -> Result<impl Read + use<>, BackupError> {
        let path = chain.join(&self.name);
        let from = BufReader::new(File::open(&path).map_err(file(&path))?);
        let locked = |error| match error {
            age::DecryptError::Io(source) => BackupError::File { path: path.clone(), source },
            _ => BackupError::Locked(path.clone()),
        };
        let decryptor = Decryptor::new_buffered(from).map_err(locked)?;
        let identities = identities.iter().map(|it| it as &dyn age::Identity);
        Ok(GzDecoder::new(decryptor.decrypt(identities).map_err(locked)?))
    }
}
