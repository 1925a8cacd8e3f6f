//! Identities and recipients, as `age` writes them.
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};
use backup::{Identity, Recipient};
use secrecy::ExposeSecret;

/// For its owner alone, and never over another one.
pub fn make(file: &Path) -> anyhow::Result<()> {
    let identity = Identity::generate();
    let mut to = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .with_context(|| format!("{} is not written", file.display()))?;
    let recipient = identity.to_public();
    writeln!(to, "# public key: {recipient}\n{}", identity.to_string().expose_secret())?;
    to.sync_all()?;
    println!("{recipient}");
    eprintln!(
        "Give this as BACKUP_RECIPIENTS where backups are taken. Keep {} where they are not: it opens them.",
        file.display()
    );
    Ok(())
}

/// One to a line, comments left out.
pub fn read(file: &PathBuf) -> anyhow::Result<Vec<Identity>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the identity in {} cannot be read", file.display()))?;
    let lines = text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    let identities: Result<Vec<_>, _> = lines.map(Identity::from_str).collect();
    match identities {
        Ok(identities) if !identities.is_empty() => Ok(identities),
        // Its text is secret, and so is what is wrong with it.
        _ => bail!("{} holds no identity: `courtside backup key` makes one", file.display()),
    }
}

pub fn recipients(texts: &[String]) -> anyhow::Result<Vec<Recipient>> {
    let read = |it: &String| {
        let recipient = Recipient::from_str(it.trim());
        recipient.map_err(|_| anyhow::anyhow!("{it:?} is no recipient: those begin with age1"))
    };
    texts.iter().map(read).collect()
}
