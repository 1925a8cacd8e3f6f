//! The tree against `ct-merkle`, which was written by others from the same RFC 6962.
use audit::edge::Edge;
use audit::tiles::{self, Builder, Of, Tile};
use audit::tlog::{self, Hash, Nodes};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;

/// All leaves, and any node by hashing what is below it.
struct All(Vec<Hash>);

impl Nodes for All {
    fn node(&self, level: u8, n: u64) -> Option<Hash> {
        if level == 0 {
            return self.0.get(usize::try_from(n).unwrap()).copied();
        }
        Some(tlog::parent(self.node(level - 1, 2 * n)?, self.node(level - 1, 2 * n + 1)?))
    }
}

fn leaves(size: u64) -> Vec<Vec<u8>> {
    (0..size).map(|it| format!("record {it}").into_bytes()).collect()
}

fn edge(records: &[Vec<u8>]) -> Edge {
    let mut edge = Edge::default();
    for it in records {
        edge.push(tlog::leaf(it));
    }
    edge
}

fn oracle(records: &[Vec<u8>]) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    for it in records.iter().cloned() {
        tree.push(it);
    }
    tree
}

fn digests(proof: &[u8]) -> Vec<Hash> {
    tiles::hashes(proof).unwrap()
}

/// As few cases as still meet every shape of edge; a failure prints its case and its seed is kept by nobody else.
fn config() -> ProptestConfig {
    ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn roots_and_proofs_are_those_of_another_hand(new in 1_u64..700, part in 0.0_f64..1.0, at in 0.0_f64..1.0) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a part of a small number")]
        let of = |part: f64, whole: u64| (part * whole as f64) as u64;
        let (old, n) = (1 + of(part, new - 1), of(at, new - 1));
        let records = leaves(new);
        let before = usize::try_from(old).unwrap();
        let all = All(records.iter().map(|it| tlog::leaf(it)).collect());
        let (tree, root, old_root) = (oracle(&records), edge(&records).root(), edge(&records[..before]).root());
        let their_root = tree.root();
        prop_assert_eq!(their_root.as_bytes().as_slice(), root.as_slice());

        let inclusion = tlog::prove_inclusion(new, n, &all).unwrap();
        let theirs = tree.prove_inclusion(usize::try_from(n).unwrap());
        prop_assert_eq!(&inclusion, &digests(theirs.as_bytes()));
        let leaf = all.0[usize::try_from(n).unwrap()];
        prop_assert!(tlog::check_inclusion(&inclusion, new, root, n, leaf).is_ok());
        prop_assert!(tlog::check_inclusion(&inclusion, new, root, n, [7; 32]).is_err());

        let consistency = tlog::prove_consistency(new, old, &all).unwrap();
        if old < new {
            let theirs = tree.prove_consistency(usize::try_from(new - old).unwrap());
            prop_assert_eq!(&consistency, &digests(theirs.as_bytes()));
        }
        prop_assert!(tlog::check_consistency(&consistency, (new, root), (old, old_root)).is_ok());
        prop_assert!(tlog::check_consistency(&consistency, (new, root), (old, [7; 32])).is_err());
    }

    #[test]
    fn an_edge_goes_on_where_another_ended(size in 0_u64..600, more in 0_u64..300) {
        let records = leaves(size + more);
        let begun = edge(&records[..usize::try_from(size).unwrap()]);
        let mut on = Edge::new(begun.size(), begun.hashes().to_vec()).unwrap();
        for it in &records[usize::try_from(size).unwrap()..] {
            on.push(tlog::leaf(it));
        }
        prop_assert_eq!(on, edge(&records));
    }

    #[test]
    fn tiles_are_the_trees_nodes_wherever_the_builder_was_interrupted(size in 0_u64..1500, cut in 0_u64..1500) {
        let records = leaves(size);
        let all = All(records.iter().map(|it| tlog::leaf(it)).collect());
        let mut made = Vec::new();
        let mut builder = Builder::default();
        for (n, leaf) in (0..).zip(&all.0) {
            if n == cut {
                let partial: Vec<_> = builder.partial().map(|(tile, it)| (tile.of, it.to_vec())).collect();
                builder = Builder::begun(n, |level| {
                    partial.iter().find(|it| it.0 == Of::Level(level)).map(|it| it.1.clone()).unwrap_or_default()
                });
            }
            builder.push(*leaf, |tile, hashes| made.push((tile, hashes.to_vec())));
        }
        made.extend(builder.partial().map(|(tile, hashes)| (tile, hashes.to_vec())));
        made.sort_by_key(|it| it.0.path());
        let mut all_tiles: Vec<Tile> = Tile::all(size).filter(|it| it.of != Of::Entries).collect();
        all_tiles.sort_by_key(|it| it.path());
        prop_assert_eq!(made.iter().map(|it| it.0).collect::<Vec<_>>(), all_tiles);
        for (tile, hashes) in made {
            let Of::Level(level) = tile.of else { unreachable!() };
            for (n, hash) in (256 * tile.n..).zip(hashes) {
                prop_assert_eq!(Some(hash), all.node(8 * level, n));
            }
        }
    }

    #[test]
    fn a_path_is_a_tile_and_a_tile_is_a_path(n in 0_u64..2_000_000_000, width in 1_u16..=256, level in 0_u8..8) {
        for of in [Of::Entries, Of::Level(level)] {
            let tile = Tile { of, n, width };
            prop_assert_eq!(Tile::parse(&tile.path()), Some(tile));
        }
        let theirs = tlog_tiles::Tile::new(8, level, n, width.into(), false).path();
        let ours = Tile { of: Of::Level(level), n, width }.path();
        prop_assert_eq!(theirs.replacen("tile/8/", "tile/", 1), ours);
    }
}

#[test]
#[rustfmt::skip] // a table
fn other_ways_to_write_a_path_are_none() {
    for path in ["tile/0/1", "tile/0/0001", "tile/00/001", "tile/+0/001", "tile/0/x000/001", "tile/0/001.p/0",
        "tile/0/001.p/256", "tile/0/001.p/08", "tile/8/001", "tile/0/001/002", "tile/data/001", "tile/0/", "tile/0",
        "tile/0/x001", "tile/0/../001", "checkpoint", "", "tile/0/x999/x999/x999/x999/x999/x999/x999/999"] {
        assert_eq!(Tile::parse(path), None, "{path}");
    }
    assert_eq!(Tile::parse("tile/0/x001/x234/067.p/8"), Some(Tile { of: Of::Level(0), n: 1_234_067, width: 8 }));
}

#[test]
fn a_tile_is_in_a_log_that_is_long_enough() {
    let tile = |path| Tile::parse(path).unwrap();
    assert!(tile("tile/0/001.p/44").is_in(300));
    assert!(!tile("tile/0/001.p/45").is_in(300));
    assert!(!tile("tile/0/001").is_in(300));
    assert!(tile("tile/1/000.p/1").is_in(300));
    assert!(!tile("tile/1/000.p/2").is_in(300));
    assert!(!tile("tile/2/000.p/1").is_in(300));
    assert!(tile("tile/entries/000").is_in(300));
}
