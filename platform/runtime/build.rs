//! Embeds every page of `docs/problems`, so that a problem is documented by writing its page and nothing else.
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    // Asked when it runs: a checkout that was moved has its script from where it was.
    let here = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let root = Path::new(&here).join("../..");
    let pages = root.join("docs/problems");
    // Migrations are embedded by a macro that cannot say what it read.
    println!("cargo:rerun-if-changed={}", root.join("migrations").display());
    println!("cargo:rerun-if-changed={}", pages.display());

    let mut table = String::from("&[\n");
    for page in markdown(&pages)? {
        let name = page.file_stem().unwrap_or_default().to_string_lossy();
        let path = page.canonicalize()?;
        let _ = writeln!(table, "    ({name:?}, include_str!({:?})),", path.to_string_lossy());
    }
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("problem_pages.rs"), table)
}

fn markdown(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "md") {
            pages.push(path);
        }
    }
    pages.sort();
    Ok(pages)
}
