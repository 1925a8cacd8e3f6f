//! A log as a directory, laid out as C2SP has it: `checkpoint`, `tile/<level>/<n>`, `tile/entries/<n>`.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::tiles::{self, Builder, Of, Tile, WIDTH};
use crate::tlog::{self, Hash};

/// Writes records in their order; holds a file of them and a tile a level.
pub struct Export {
    directory: PathBuf,
    builder: Builder,
    records: Vec<Vec<u8>>,
    bundles: u64,
}

/// What an auditor finds beside the files.
const README: &str = include_str!("export/README.txt");

impl Export {
    /// Begins in a directory that is empty or not there yet: of two exports, nothing is mixed.
    pub fn begin(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        if fs::read_dir(directory)?.next().is_some() {
            let text = format!("{} is not empty", directory.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
        fs::write(directory.join("README.txt"), README)?;
        let directory = directory.to_owned();
        Ok(Self { directory, builder: Builder::default(), records: Vec::new(), bundles: 0 })
    }

    pub fn push(&mut self, record: Vec<u8>) -> io::Result<()> {
        let directory = &self.directory;
        let mut written = Ok(());
        self.builder.push(tlog::leaf(&record), |tile, hashes| {
            if written.is_ok() {
                written = write(directory, tile, &hashes.concat());
            }
        });
        written?;
        self.records.push(record);
        if self.records.len() as u64 == WIDTH {
            self.write_records()?;
        }
        Ok(())
    }

    /// Writes what is not full, and the checkpoint last: without it there is no export.
    pub fn end(mut self, note: &str) -> io::Result<()> {
        let partial: Vec<(Tile, Vec<Hash>)> =
            self.builder.partial().map(|(tile, hashes)| (tile, hashes.to_vec())).collect();
        for (tile, hashes) in partial {
            write(&self.directory, tile, &hashes.concat())?;
        }
        if !self.records.is_empty() {
            self.write_records()?;
        }
        fs::write(self.directory.join("checkpoint"), note)
    }

    fn write_records(&mut self) -> io::Result<()> {
        let bytes =
            tiles::bundle(self.records.iter().map(Vec::as_slice)).map_err(io::Error::other)?;
        let width = u16::try_from(self.records.len()).unwrap_or(256);
        write(&self.directory, Tile { of: Of::Entries, n: self.bundles, width }, &bytes)?;
        self.bundles += 1;
        self.records.clear();
        Ok(())
    }
}

fn write(directory: &Path, tile: Tile, bytes: &[u8]) -> io::Result<()> {
    let path = directory.join(tile.path());
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, bytes)
}
