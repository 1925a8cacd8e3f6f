//! A log as a directory, laid out as C2SP has it: `checkpoint`, `tile/<level>/<n>`, `tile/entries/<n>`.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

use crate::range::{self, Choice, Range};
use crate::tiles::{self, Builder, Of, Tile, WIDTH};
use crate::tlog;

/// Writes records in their order; holds a file of them and a tile a level.
pub struct Export {
    directory: PathBuf,
    builder: Builder,
    records: Vec<Vec<u8>>,
    bundles: u64,
    /// Where not all records are wanted.
    choice: Option<Choice>,
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
        let (directory, builder) = (directory.to_owned(), Builder::default());
        Ok(Self { directory, builder, records: Vec::new(), bundles: 0, choice: None })
    }

    /// The same, with all the hashes and the records of a range. All records have to be pushed all the same.
    pub fn begin_range(directory: &Path, range: Range) -> io::Result<Self> {
        Ok(Self { choice: Some(Choice::new(range)), ..Self::begin(directory)? })
    }

    pub fn push(&mut self, record: Vec<u8>) -> io::Result<()> {
        let directory = &self.directory;
        let mut written = Ok(());
        self.builder.push(tlog::leaf(&record), |tile, hashes| {
            if written.is_ok() {
                written = write(directory, tile, hashes.as_flattened());
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
        for (tile, hashes) in self.builder.partial() {
            write(&self.directory, tile, hashes.as_flattened())?;
        }
        if !self.records.is_empty() {
            self.write_records()?;
        }
        if let Some(mut choice) = self.choice.take() {
            if let Some((tile, bytes)) = choice.rest() {
                write(&self.directory, tile, &bytes)?;
            }
            let text = serde_json::to_string_pretty(&choice.part())? + "\n";
            fs::write(self.directory.join(range::FILE), text)?;
        }
        fs::write(self.directory.join("checkpoint"), note)
    }

    fn write_records(&mut self) -> io::Result<()> {
        let bytes =
            tiles::bundle(self.records.iter().map(Vec::as_slice)).map_err(io::Error::other)?;
        let width = u16::try_from(self.records.len()).unwrap_or(256);
        let tile = Tile { of: Of::Entries, n: self.bundles, width };
        match &mut self.choice {
            None => write(&self.directory, tile, &bytes)?,
            Some(choice) => {
                let times: Result<Vec<_>, _> = self.records.iter().map(|it| time(it)).collect();
                for (tile, bytes) in choice.of((tile, bytes), &times?) {
                    write(&self.directory, tile, &bytes)?;
                }
            }
        }
        self.bundles += 1;
        self.records.clear();
        Ok(())
    }
}

/// Of a record nothing else is of interest here.
fn time(record: &[u8]) -> io::Result<Timestamp> {
    #[derive(Deserialize)]
    struct Timed {
        time: Timestamp,
    }
    Ok(serde_json::from_slice::<Timed>(record)?.time)
}

fn write(directory: &Path, tile: Tile, bytes: &[u8]) -> io::Result<()> {
    let path = directory.join(tile.path());
    // A folder is there but for the first of a thousand files.
    match fs::write(&path, bytes) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(path.parent().unwrap_or(directory))?;
            fs::write(path, bytes)
        }
        written => written,
    }
}
