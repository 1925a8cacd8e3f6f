//! `courtside backup`: the log and the vault put away, looked at, brought back, and that tried. What it says and what to do
//! is in docs/backup.md.
mod drill;
mod keys;
mod list;
mod metrics;
mod restore;
mod take;

use std::path::PathBuf;

use anyhow::Context;
use backup::{Archive, Folder, Seal};
use clap::{Args, Subcommand};
use runtime::{Settings, StartError};

use crate::events::walk;
use crate::vault;

#[derive(Subcommand)]
pub enum Command {
    /// Puts away what was recorded since the last backup, and the vault as it is.
    Take(take::Arguments),
    /// Lists the backups in a folder.
    List {
        #[command(flatten)]
        place: Place,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Looks whether a backup is there as it was written. With an identity, reads all of it too.
    Check {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        which: Which,
        #[arg(long, value_name = "FILE", env = "BACKUP_IDENTITY_FILE")]
        identity: Option<PathBuf>,
    },
    /// Brings the log and the vault back, into empty databases, and erases again whoever was erased.
    Restore(restore::Arguments),
    /// Restores the newest backup into databases of its own, builds every read model, compares, and drops them.
    Drill(drill::Arguments),
    /// Makes an identity that opens backups, and prints the recipient to take them for.
    Key {
        /// Is not written over.
        file: PathBuf,
    },
}

#[derive(Args)]
pub struct Place {
    /// Where backups lie.
    #[arg(long = "in", value_name = "DIR", env = "BACKUP_DIR")]
    folder: PathBuf,
}

/// A backup that is to be read.
#[derive(Args)]
pub struct Source {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    which: Which,
    /// What `courtside backup key` made.
    #[arg(long, value_name = "FILE", env = "BACKUP_IDENTITY_FILE")]
    identity: PathBuf,
}

impl Source {
    /// Opens it, and sees that it is whole.
    fn open(&self, settings: &Settings) -> anyhow::Result<Archive> {
        let archive = open(&self.place, &self.which, keys::read(&self.identity)?, settings)?;
        whole(&archive)?;
        Ok(archive)
    }
}

#[derive(Args)]
pub struct Which {
    /// By its name; the newest if none is given.
    #[arg(long, value_name = "NAME")]
    chain: Option<String>,
}

pub async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    match command {
        Command::Take(arguments) => take::run(&arguments, settings).await,
        Command::List { place, json } => list::run(&place, json, &seal(settings)?),
        Command::Check { place, which, identity } => {
            check(&place, &which, identity.as_ref(), settings)
        }
        Command::Restore(arguments) => restore::run(&arguments, settings).await,
        Command::Drill(arguments) => drill::run(&arguments, settings).await,
        Command::Key { file } => keys::make(&file),
    }
}

fn check(
    place: &Place,
    which: &Which,
    identity: Option<&PathBuf>,
    settings: &Settings,
) -> anyhow::Result<()> {
    let identities = identity.map(keys::read).transpose()?.unwrap_or_default();
    let reads = !identities.is_empty();
    let archive = open(place, which, identities, settings)?;
    whole(&archive)?;
    let events = if reads { archive.read_whole()? } else { archive.manifest.events };
    let read =
        if reads { "read whole" } else { "whole; what it says was not read without an identity" };
    println!(
        "{}: {events} events up to position {}, {} keys of {}; {read}",
        archive.chain().display(),
        archive.manifest.position,
        archive.manifest.vault.keys,
        archive.manifest.taken_at,
    );
    Ok(())
}

fn open(
    place: &Place,
    which: &Which,
    identities: Vec<backup::Identity>,
    settings: &Settings,
) -> anyhow::Result<Archive> {
    let folder = Folder::at(&place.folder);
    let chain = match &which.chain {
        Some(name) => place.folder.join(name),
        None => folder.newest()?,
    };
    Ok(Archive::open(chain, identities, &seal(settings)?)?)
}

/// With a bar: of a large backup every byte is hashed.
fn whole(archive: &Archive) -> anyhow::Result<()> {
    let bar = walk::bar(archive.manifest.bytes(), "checking");
    let checked = archive.check(&|bytes| bar.inc(bytes));
    bar.finish_and_clear();
    checked.context("the backup is not whole; take another one with `--chain`")
}

fn seal(settings: &Settings) -> Result<Seal, StartError> {
    Ok(Seal::new(vault::kek(settings)?, settings.keys.kek_also.as_ref()))
}
