//! A proof of one record, made from tiles, holds; and no byte of it can be another.
use std::collections::BTreeMap;

use audit::edge::Edge;
use audit::proof::{self, Proof, TileId};
use audit::tiles::{Builder, Of, Tile};
use audit::tlog::{self, Hash};

use crate::given::{bytes, note, record, signer};

/// The tiles of so many records.
fn tiles(size: u64) -> BTreeMap<TileId, Vec<Hash>> {
    let (mut builder, mut tiles) = (Builder::default(), BTreeMap::new());
    let mut put = |tile: Tile, hashes: &[Hash]| {
        let Of::Level(level) = tile.of else { panic!("a tile of records") };
        tiles.insert((level, tile.n), hashes.to_vec());
    };
    for n in 0..size {
        builder.push(tlog::leaf(&bytes(n)), &mut put);
    }
    for (tile, hashes) in builder.partial() {
        put(tile, hashes);
    }
    tiles
}

fn checkpoint(size: u64) -> String {
    let mut edge = Edge::default();
    for n in 0..size {
        edge.push(tlog::leaf(&bytes(n)));
    }
    note(&edge)
}

/// The proof of one of so many records, from the tiles of perhaps more.
fn prove(index: u64, size: u64, all: &BTreeMap<TileId, Vec<Hash>>) -> Proof {
    let needed = proof::tiles(size, index).unwrap();
    let some = all.iter().filter(|it| needed.contains(it.0));
    let some: BTreeMap<_, _> = some.map(|(id, hashes)| (*id, hashes.clone())).collect();
    assert_eq!(some.len(), needed.len(), "what is asked for is there");
    let hashes = proof::hashes(size, index, &some).unwrap();
    Proof { index, record: bytes(index), hashes, checkpoint: checkpoint(size) }
}

#[test]
fn every_record_is_proven_from_the_tiles_that_are_there() {
    let key = signer().verifier().unwrap();
    for size in [1, 2, 3, 255, 256, 257, 300, 513] {
        // What was added since the checkpoint changes nothing.
        for more in [0, 7] {
            let all = tiles(size + more);
            for index in [0, size / 3, size / 2, size - 1] {
                let proof = prove(index, size, &all);
                let read = Proof::read(&proof.write()).unwrap();
                assert_eq!(read, proof);
                let proven = read.check(&key).unwrap();
                assert_eq!((proven.index, proven.size), (index, size));
                assert_eq!(proven.record, record(index));
            }
        }
    }
    assert!(proof::tiles(5, 5).is_err(), "there is no sixth of five");
}

#[test]
fn no_byte_of_a_proof_can_be_another() {
    let key = signer().verifier().unwrap();
    let text = prove(77, 300, &tiles(300)).write();
    let whole = Proof::read(&text).unwrap().check(&key).unwrap();
    for at in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[at] ^= 1;
        // What is no text any more is not read at all.
        let Ok(changed) = String::from_utf8(changed) else { continue };
        let checked = Proof::read(&changed).ok().and_then(|it| it.check(&key).ok());
        assert_eq!(checked, None, "byte {at} of\n{changed}");
    }
    assert_eq!(whole.index, 77);
}

#[test]
fn a_proof_is_of_its_own_record_place_log_and_form() {
    let key = signer().verifier().unwrap();
    let proof = prove(77, 300, &tiles(300));
    let said = |proof: Proof| proof.check(&key).unwrap_err().to_string();
    assert!(said(Proof { record: bytes(78), ..proof.clone() }).contains("was changed"));
    assert!(said(Proof { index: 78, ..proof.clone() }).contains("was changed"));
    assert!(said(Proof { index: 300, ..proof.clone() }).contains("not among the 300"));
    assert!(said(Proof { hashes: vec![], ..proof.clone() }).contains("was changed"));
    let other = audit::tlog::Signer::new("nord.example/audit/2025", crate::given::SEED).unwrap();
    let checked = proof.check(&other.verifier().unwrap());
    assert!(checked.unwrap_err().to_string().contains("signature"));
    let text = proof.write();
    for (from, to, why) in [
        ("@v1", "@v2", "its name"),
        ("extra ", "", "no record"),
        ("index 77", "index 077", "no index"),
        ("\n\n", "\n", "not all hashes"),
    ] {
        let refused = Proof::read(&text.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
}
