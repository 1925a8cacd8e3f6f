//! `docs/metrics.md`, read as the table that it is.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").to_owned()
}

pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder, by their paths in the repository.
pub fn files(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join(folder)).expect("the folder is there");
    let names = entries.filter_map(|it| it.ok()?.file_name().into_string().ok());
    let mut paths: Vec<String> = names.map(|it| format!("{folder}/{it}")).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{folder} is empty");
    paths
}

/// What the page says there is.
pub struct Page {
    /// The line of each metric of ours, by its name.
    pub ours: BTreeMap<String, String>,
    others: BTreeSet<String>,
}

impl Page {
    pub fn read() -> Self {
        let text = read("docs/metrics.md");
        let (ours, others) = text.split_once("## Of others").expect("the section");
        let lines = |part: &str| -> BTreeMap<String, String> {
            let rows = part.lines().filter_map(|it| Some((it, it.strip_prefix("| `")?)));
            rows.filter_map(|(row, it)| Some((it.split_once('`')?.0.to_owned(), row.to_owned())))
                .collect()
        };
        Self { ours: lines(ours), others: lines(others).into_keys().collect() }
    }

    /// Whether there is a series of this name.
    pub fn knows(&self, name: &str) -> bool {
        let is_histogram = |it: &str| self.ours.get(it).is_some_and(|it| it.contains("histogram"));
        let of_histogram = ["_bucket", "_sum", "_count"]
            .iter()
            .any(|it| name.strip_suffix(it).is_some_and(is_histogram));
        (self.ours.contains_key(name) && !is_histogram(name))
            || of_histogram
            || self.others.contains(name)
    }
}
