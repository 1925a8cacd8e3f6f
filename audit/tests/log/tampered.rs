//! Each class of byte, changed: the check refuses, and says which.
use std::fs;

use crate::given::{Directory, bytes, check, export, note};
use audit::edge::Edge;
use audit::tiles;
use audit::tlog;

/// Two full tiles of leaves, and a partial one.
const SIZE: u64 = 600;

fn good() -> Directory {
    export((0..SIZE).map(bytes))
}

/// Changes the byte at a part of the way through a file.
fn flip(directory: &Directory, file: &str, at: usize) {
    let mut bytes = fs::read(directory.path(file)).unwrap();
    bytes[at] ^= 1;
    fs::write(directory.path(file), bytes).unwrap();
}

fn refused(directory: &Directory) -> String {
    check(directory, None).expect_err("something is wrong with it")
}

#[test]
fn a_good_export_is_found_good_whatever_its_size() {
    for size in [0, 1, 2, 255, 256, 257, SIZE] {
        assert_eq!(check(&export((0..size).map(bytes)), None), Ok(size));
    }
}

#[test]
fn each_changed_byte_is_named() {
    // Inside the record `n` of the file that begins with record `first`.
    let in_entry =
        |first: u64, n: u64| (first..first + n).map(|it| bytes(it).len() + 2).sum::<usize>() + 40;
    for (file, at, expected) in [
        (
            "tile/entries/000",
            in_entry(0, 0),
            "entry 0 in tile/entries/000 is not the one that tile/0/000 was made of",
        ),
        ("tile/entries/001", in_entry(256, 7), "entry 263 in tile/entries/001"),
        ("tile/entries/002.p/88", in_entry(512, 87), "entry 599 in tile/entries/002.p/88"),
        ("tile/entries/000", 1, "does not hold 256 records"),
        ("tile/0/000", 32 * 5 + 3, "entry 5 in tile/entries/000"),
        ("tile/0/002.p/88", 32 * 87, "entry 599 in tile/entries/002.p/88"),
        ("tile/1/000.p/2", 33, "hash 1 in tile/1/000.p/2"),
        ("checkpoint", 0, "is not by nord.example/audit/2026"),
        ("checkpoint", "nord.example/audit/2026\n".len(), "is not by nord.example/audit/2026"),
        (
            "checkpoint",
            "nord.example/audit/2026\n600\n".len() + 4,
            "is not by nord.example/audit/2026",
        ),
        ("checkpoint", note(&Edge::default()).len(), "checkpoint"),
    ] {
        let directory = good();
        flip(&directory, file, at);
        let said = refused(&directory);
        assert!(said.contains(expected), "{file} {at}: {said}");
    }
}

#[test]
fn every_single_byte_of_a_checkpoint_counts() {
    let directory = export((0..3).map(bytes));
    let note = fs::read(directory.path("checkpoint")).unwrap();
    for at in 0..note.len() {
        let mut changed = note.clone();
        changed[at] ^= 1 << (at % 7);
        fs::write(directory.path("checkpoint"), changed).unwrap();
        assert!(check(&directory, None).is_err(), "byte {at}");
    }
}

#[test]
fn another_key_does_not_count() {
    let directory = good();
    let other = audit::tlog::Signer::new(crate::given::ORIGIN, &"ab".repeat(32)).unwrap();
    let key = other.verifier().unwrap();
    let refused = audit::verify::directory(&directory.0, &key, None, |_, _| {}).unwrap_err();
    assert!(refused.to_string().contains("is not by"), "{refused}");
}

#[test]
fn no_byte_of_the_key_can_be_another() {
    let directory = export((0..3).map(bytes));
    let vkey = crate::given::signer().vkeys().next().unwrap().to_owned();
    let accepts = |vkey: Vec<u8>| {
        let key = String::from_utf8(vkey).ok().and_then(|it| it.parse::<tlog::Verifier>().ok());
        key.is_some_and(|it| audit::verify::directory(&directory.0, &it, None, |_, _| {}).is_ok())
    };
    assert!(accepts(vkey.clone().into_bytes()));
    let id = vkey.find('+').unwrap();
    let id = id..id + 9;
    for at in 0..vkey.len() {
        for bit in 0..7 {
            let mut changed = vkey.clone().into_bytes();
            changed[at] ^= 1 << bit;
            // Hexadecimal digits may be written either way.
            let is_same = id.contains(&at) && changed.eq_ignore_ascii_case(vkey.as_bytes());
            assert!(is_same || !accepts(changed), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn what_is_cut_off_or_missing_is_named() {
    for file in
        ["tile/entries/001", "tile/0/001", "tile/1/000.p/2", "tile/0/002.p/88", "checkpoint"]
    {
        let directory = good();
        let bytes = fs::read(directory.path(file)).unwrap();
        fs::write(directory.path(file), &bytes[..bytes.len() - 1]).unwrap();
        assert!(refused(&directory).contains(file), "{file} is cut");
        fs::remove_file(directory.path(file)).unwrap();
        assert!(refused(&directory).contains(file), "{file} is missing");
    }
}

#[test]
fn two_leaves_that_changed_places_are_found_even_where_all_tiles_follow() {
    let mut records: Vec<_> = (0..SIZE).map(bytes).collect();
    records.swap(10, 11);
    let swapped = export(records);
    fs::copy(good().path("checkpoint"), swapped.path("checkpoint")).unwrap();
    let said = refused(&swapped);
    assert!(said.contains("600 records have not the root"), "{said}");
}

#[test]
fn bytes_that_are_no_record_are_found_though_all_is_signed() {
    let mut records: Vec<_> = (0..SIZE).map(bytes).collect();
    records[300] = b"{}".to_vec();
    let said = refused(&export(records));
    assert!(said.contains("entry 300 in tile/entries/001 is not a record"), "{said}");
}

#[test]
fn history_that_was_changed_and_signed_again_is_caught_by_an_older_checkpoint() {
    let old = export((0..400).map(bytes));
    let since = old.path("checkpoint");
    assert_eq!(check(&good(), Some(&since)), Ok(SIZE), "what was only added to");
    assert_eq!(check(&old, Some(&since)), Ok(400), "what did not change at all");

    let mut records: Vec<_> = (0..SIZE).map(bytes).collect();
    records[17] = bytes(9_999);
    let rebuilt = export(records);
    assert_eq!(check(&rebuilt, None), Ok(SIZE), "whoever holds the key can rebuild everything");
    let said = check(&rebuilt, Some(&since)).unwrap_err();
    assert!(said.contains("the first 400 records are not those of the older checkpoint"), "{said}");

    let said = check(&old, Some(&good().path("checkpoint"))).unwrap_err();
    assert!(said.contains("taken back"), "an older one with a good signature: {said}");
}

#[test]
fn an_export_never_mixes_with_what_is_there() {
    let directory = good();
    assert!(audit::export::Export::begin(&directory.0).is_err());
}

#[test]
fn a_file_of_records_that_ends_inside_one_is_no_file_of_records() {
    let bundle = tiles::bundle([b"one".as_slice(), b"two"]).unwrap();
    assert_eq!(tiles::unbundle(&bundle), Some(vec![b"one".as_slice(), b"two"]));
    for end in [1, 2, 4, 6, 9] {
        assert_eq!(tiles::unbundle(&bundle[..end]), None, "{end}");
    }
    assert!(tiles::bundle([vec![0; tiles::MAX_RECORD_BYTES + 1].as_slice()]).is_err());
    assert_ne!(tlog::leaf(b"one"), tlog::leaf(b"two"));
}
