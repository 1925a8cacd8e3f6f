//! Files that others read while they are written.
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Writes a file whole or not at all: whoever reads meanwhile sees the old one or the new one, and so does whoever comes
/// after a crash.
pub fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let mut file = File::create(&beside)?;
    write(&mut file)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    // A name alone is in the folder that we are in.
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
