//! `courtside passwords`: the list of those that nobody may have.
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use access::blocklist::Compiler;
use anyhow::Context;
use clap::Subcommand;
use runtime::files;

use crate::events::walk::bar;

#[derive(Subcommand)]
pub enum Command {
    /// Compiles a list of passwords, one a line, to the file that `PASSWORD_BLOCKLIST` names. Needs no settings and no
    /// servers.
    Compile {
        list: PathBuf,
        /// Where to [the list's name and `.compiled`].
        #[arg(long)]
        to: Option<PathBuf>,
    },
}

/// A longer line is no password; its pieces are looked at as if they were.
const LONGEST_LINE: u64 = 4_096;

pub fn run(command: &Command) -> anyhow::Result<()> {
    let Command::Compile { list, to } = command;
    let to = to.clone().unwrap_or_else(|| {
        let mut name = list.clone().into_os_string();
        name.push(".compiled");
        name.into()
    });
    compile(list, &to)
}

fn compile(list: &Path, to: &Path) -> anyhow::Result<()> {
    let unread = || format!("{} cannot be read", list.display());
    let size = fs::metadata(list).with_context(unread)?.len();
    // Twice: how large the filter has to be is known only when all lines were seen.
    let bar = bar(2 * size, "compiling");
    let mut lines = 0;
    each_line(list, |line, bytes| {
        lines += u64::from(!line.is_empty());
        bar.inc(bytes);
    })
    .with_context(unread)?;
    let mut compiler = Compiler::for_at_most(lines);
    let mut left_out = 0_u64;
    each_line(list, |line, bytes| {
        let added = std::str::from_utf8(line).is_ok_and(|it| compiler.add(it));
        left_out += u64::from(!added && !line.is_empty());
        bar.inc(bytes);
    })
    .with_context(unread)?;
    bar.finish_and_clear();
    let write = |file: &mut File| {
        let mut buffered = BufWriter::new(file);
        compiler.write(&mut buffered)?;
        buffered.flush()
    };
    files::replace(to, write).with_context(|| format!("{} cannot be written", to.display()))?;
    println!(
        "{} passwords are in {}; {left_out} were left out: nobody could have them, or they are no UTF-8\n\
         Name it in PASSWORD_BLOCKLIST, and restart what takes commands.",
        compiler.entries(),
        to.display()
    );
    Ok(())
}

/// Calls `take` with each line, without its end, and the bytes it took.
fn each_line(list: &Path, mut take: impl FnMut(&[u8], u64)) -> io::Result<()> {
    let mut file = BufReader::new(File::open(list)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut file).take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        take(text.strip_suffix(b"\r").unwrap_or(text), read as u64);
    }
}

#[cfg(test)]
mod tests {
    use access::blocklist::Blocklist;

    use super::*;

    #[test]
    fn a_long_list_is_compiled_whole_and_what_is_no_password_is_left_out() {
        let directory = std::env::temp_dir().join(format!("courtside-{}", runtime::ids::new()));
        fs::create_dir(&directory).unwrap();
        let list = directory.join("list.txt");
        let mut text: Vec<u8> = Vec::new();
        for n in 0..20_000 {
            writeln!(text, "a password of many {n}\r").unwrap();
        }
        text.extend(b"\n\n1234567\nM\xfcnchen is no UTF-8\nthe last has no end");
        fs::write(&list, text).unwrap();
        run(&Command::Compile { list: list.clone(), to: None }).unwrap();

        let compiled = Blocklist::load(&directory.join("list.txt.compiled")).unwrap();
        assert!((0..20_000).all(|n| compiled.has(&format!("a password of many {n}"))));
        assert!(compiled.has("The last has no end") && !compiled.has("1234567"));
        assert_eq!(format!("{compiled:?}"), "Blocklist of 20001");
        assert!(Blocklist::load(&list).is_err(), "a list that is not compiled");
        let left: Vec<_> = fs::read_dir(&directory).unwrap().collect();
        assert_eq!(left.len(), 2, "{left:?}");
        fs::remove_dir_all(&directory).unwrap();
    }
}
