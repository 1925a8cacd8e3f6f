//! A part by time: the hashes of all, the records of that time, and a check that says which they are.
use std::fs;
use std::path::Path;

use audit::edge::Edge;
use audit::export::Export;
use audit::range::{self, Part, Range};
use audit::tiles::{Of, Tile};
use audit::tlog;
use audit::verify::Report;
use jiff::Timestamp;
use proptest::prelude::*;

use crate::given::{Directory, note, record, signer};

/// Seven full files of records, and a partial one. Record n is of second n.
const SIZE: u64 = 2_000;

fn second(n: i64) -> Timestamp {
    record(0).time + jiff::SignedDuration::from_secs(n)
}

fn seconds(from: Option<i64>, to: Option<i64>) -> Range {
    Range { from: from.map(second), to: to.map(second) }
}

fn export(range: Range, times: impl IntoIterator<Item = Timestamp>) -> Directory {
    let directory = Directory::new();
    let mut export = Export::begin_range(&directory.0, range).unwrap();
    let mut edge = Edge::default();
    for (n, time) in (0..).zip(times) {
        let bytes = audit::record::Record { time, ..record(n) }.write().unwrap().into_bytes();
        edge.push(tlog::leaf(&bytes));
        export.push(bytes).unwrap();
    }
    export.end(&note(&edge)).unwrap();
    directory
}

fn in_order() -> impl Iterator<Item = Timestamp> {
    (0..SIZE).map(|it| second(it.cast_signed()))
}

fn check(directory: &Directory, since: Option<&Path>) -> Result<Report, String> {
    let key = signer().verifier().unwrap();
    audit::verify::directory(&directory.0, &key, since, |_, _| {}).map_err(|it| it.to_string())
}

/// The numbers of the files of records that are there.
fn files(directory: &Directory, size: u64) -> Vec<u64> {
    let entries = Tile::all(size).filter(|it| it.of == Of::Entries);
    entries.filter(|it| directory.path(&it.path()).exists()).map(|it| it.n).collect()
}

#[test]
#[rustfmt::skip] // a table
fn a_part_has_its_files_and_shows_that_none_is_missing() {
    let all: Vec<u64> = (0..8).collect();
    for (claim, from, to, expected, within) in [
        ("inside one file",         Some(600),   Some(700),   vec![2],     100),
        ("a file begins with it",   Some(828),   Some(900),   vec![2, 3],  72),
        ("a file ends with it",     Some(600),   Some(708),   vec![2, 3],  108),
        ("the first file",          None,        Some(10),    vec![0],     10),
        ("the last one",            Some(1_990), None,        vec![7],     10),
        ("nearly all",              Some(1),     Some(1_900), all.clone(), 1_899),
        ("nothing so late",         Some(5_000), Some(6_000), vec![7],     0),
        ("nothing so early",        None,        Some(-600),  vec![0],     0),
        ("nothing before",          Some(-900),  Some(-600),  vec![0],     0),
    ] {
        let directory = export(seconds(from, to), in_order());
        assert_eq!(files(&directory, SIZE), expected, "{claim}");
        let report = check(&directory, None).unwrap();
        let part = report.part.unwrap();
        assert_eq!((report.records, part.within), (SIZE, within), "{claim}");
        let (first, last) = (expected.first().unwrap(), expected.last().unwrap());
        assert_eq!((part.part.first, part.part.end), (256 * first, (256 * last + 256).min(SIZE)), "{claim}");
        assert_eq!(report.kinds.values().sum::<u64>(), part.part.end - part.part.first, "{claim}");
    }
}

#[test]
fn a_gap_in_time_is_shown_from_both_sides() {
    // Nothing for an hour after record 255, and nothing was asked for but that hour.
    let times = (0..SIZE).map(|it| second(it.cast_signed() + if it < 256 { 0 } else { 3_600 }));
    let directory = export(seconds(Some(1_000), Some(2_000)), times);
    assert_eq!(files(&directory, SIZE), [0, 1]);
    assert_eq!(check(&directory, None).unwrap().part.unwrap().within, 0);
}

#[test]
fn of_an_empty_log_any_part_is_nothing() {
    let directory = export(seconds(Some(0), Some(10)), []);
    let part = check(&directory, None).unwrap().part.unwrap();
    assert_eq!((part.part.first, part.part.end, part.within), (0, 0, 0));
}

fn of_part(directory: &Directory, change: impl Fn(&mut Part)) {
    let path = directory.path(range::FILE);
    let mut part: Part = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut part);
    fs::write(path, serde_json::to_vec(&part).unwrap()).unwrap();
}

/// What it says of itself, made into something else.
type Change = fn(&mut Part);

#[test]
#[rustfmt::skip] // a table
fn a_part_that_says_more_of_itself_than_is_there_is_refused() {
    let good = || export(seconds(Some(828), Some(900)), in_order());
    assert!(check(&good(), None).is_ok());
    let table: [(&str, Change, &str); 9] = [
        ("an earlier time",      |it| it.from = Some(second(500)),   "the first record that is there does not show it"),
        ("open at its start",    |it| it.from = None,                "the first record that is there does not show it"),
        ("a later time",         |it| it.to = Some(second(1_000)),   "the last record that is there does not show it"),
        ("open at its end",      |it| it.to = None,                  "the last record that is there does not show it"),
        ("more at its start",    |it| it.first = 256,                "tile/entries/001 cannot be read"),
        ("more at its end",      |it| it.end = 1_280,                "tile/entries/004 cannot be read"),
        ("half a file",          |it| it.end -= 1,                   "says nothing that could be of 2000 records"),
        ("beyond the log",       |it| it.end = 2_048,                "says nothing that could be of 2000 records"),
        ("of another version",   |it| it.version = 2,                "says nothing that could be of 2000 records"),
    ];
    for (claim, change, expected) in table {
        let directory = good();
        of_part(&directory, change);
        let said = check(&directory, None).unwrap_err();
        assert!(said.contains(expected), "{claim}: {said}");
    }
}

#[test]
fn in_a_part_each_byte_counts_and_of_the_others_each_hash() {
    let good = || export(seconds(Some(828), Some(900)), in_order());
    for (file, at, expected) in [
        ("tile/entries/002", 50, "entry 512 in tile/entries/002"),
        ("tile/0/003", 0, "entry 768 in tile/entries/003"),
        ("tile/0/005", 7, "hash 5 in tile/1/000.p/7"),
        ("tile/0/007.p/208", 7, "have not the root"),
        ("tile/1/000.p/7", 3, "hash 0 in tile/1/000.p/7"),
    ] {
        let directory = good();
        let mut bytes = fs::read(directory.path(file)).unwrap();
        bytes[at] ^= 1;
        fs::write(directory.path(file), bytes).unwrap();
        let said = check(&directory, None).unwrap_err();
        assert!(said.contains(expected), "{file}: {said}");
    }
    let directory = good();
    fs::remove_file(directory.path("tile/entries/003")).unwrap();
    assert!(check(&directory, None).unwrap_err().contains("tile/entries/003"), "one of its own");
    fs::remove_file(directory.path(range::FILE)).unwrap();
    assert!(
        check(&directory, None).unwrap_err().contains("tile/entries/000"),
        "it passes for no whole"
    );
}

#[test]
fn history_that_was_changed_outside_the_part_is_caught_by_an_older_checkpoint() {
    let range = seconds(Some(828), Some(900));
    let old = export(range, in_order().take(1_500));
    let since = old.path("checkpoint");
    let same = check(&export(range, in_order()), Some(&since));
    assert_eq!(same.unwrap().since, Some(1_500));
    let changed = in_order().map(|it| if it == second(17) { second(18) } else { it });
    let said = check(&export(range, changed), Some(&since)).unwrap_err();
    assert!(said.contains("the first 1500 records are not those"), "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Requests overlap: a record may be earlier than those before it, by less than the slack.
    #[test]
    fn no_record_of_the_time_is_missing_however_they_overlap(
        late in prop::collection::vec(0_i64..55, 900),
        from in prop::option::of(-100_i64..1_000),
        length in prop::option::of(1_i64..400),
    ) {
        let range = seconds(from, length.map(|it| from.unwrap_or(0) + it));
        let times: Vec<Timestamp> = (0..).zip(late).map(|(n, late)| second(n - late)).collect();
        let directory = export(range, times.iter().copied());
        let part = check(&directory, None).map_err(TestCaseError::fail)?.part.unwrap();
        let of_it = (0..).zip(&times).filter(|(_, it)| range.contains(**it)).map(|it| it.0);
        let of_it: Vec<u64> = of_it.collect();
        prop_assert!(of_it.iter().all(|it| (part.part.first..part.part.end).contains(it)));
        prop_assert_eq!(part.within, of_it.len() as u64);
    }
}
