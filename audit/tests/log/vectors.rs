//! Frozen: what was once signed and hashed stays so. Never edit a value here; a change is another format.
use audit::edge::Edge;
use audit::tlog::{self, BadKey, BadNote, Checkpoint, Signer, Verifier};

use crate::given::{ORIGIN, SEED, bytes, note, signer};

fn edge(size: u64) -> Edge {
    let mut edge = Edge::default();
    for it in 0..size {
        edge.push(tlog::leaf(&bytes(it)));
    }
    edge
}

#[test]
fn the_empty_tree_is_that_of_rfc_6962() {
    assert_eq!(tlog::text(edge(0).root()), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

#[test]
fn roots_are_what_they_were() {
    let roots = [1, 2, 3, 255, 256, 257, 1000].map(|it| tlog::text(edge(it).root()));
    assert_eq!(roots, ROOTS);
}

#[test]
fn a_key_and_its_signature_are_what_they_were() {
    assert_eq!(signer().vkeys().collect::<Vec<_>>(), [VKEY]);
    assert_eq!(note(&edge(3)), NOTE);
    let opened = VKEY.parse::<Verifier>().unwrap().open(NOTE.as_bytes()).unwrap();
    assert_eq!(opened, Checkpoint { origin: ORIGIN.to_owned(), size: 3, root: edge(3).root() });
}

#[test]
fn a_key_signs_for_its_own_origin_only() {
    let other = Signer::new("sued.example/audit/2026", SEED).unwrap();
    let signed = other.sign(&Checkpoint { origin: ORIGIN.to_owned(), size: 0, root: tlog::EMPTY });
    let key = other.verifier().unwrap();
    let refused = key.open(signed.unwrap().as_bytes()).unwrap_err();
    assert!(matches!(refused, BadNote::Origin { .. }), "{refused:?}");
    let refused = key.open(NOTE.as_bytes()).unwrap_err();
    assert!(matches!(refused, BadNote::Signature(_)), "{refused:?}");
}

#[test]
fn what_is_no_key_is_said_to_be_none() {
    for (origin, seed, expected) in [
        (ORIGIN, "00", BadKey::Seed),
        (ORIGIN, &*"x".repeat(64), BadKey::Seed),
        ("with space", SEED, BadKey::Origin),
        ("with+plus", SEED, BadKey::Origin),
        ("", SEED, BadKey::Origin),
    ] {
        assert_eq!(Signer::new(origin, seed).err(), Some(expected), "{origin} {seed}");
    }
    for vkey in ["", "nord", "nord+00000000+AAAA", &VKEY.replace("+9", "+8")] {
        assert_eq!(vkey.parse::<Verifier>().unwrap_err(), BadKey::Vkey, "{vkey}");
    }
}

const ROOTS: [&str; 7] = [
    "EeJAZG3x3HC9OSb/eodKsESb+jBubYXpA+uYQt+Vmwc=",
    "YMHWG8FkKPzorrEN8rvSiATutk+xp3/01ojKYzRfL3A=",
    "DwywsPQ82BZNadNBcAwJd4oFXSQ5WdS69WM8ngtTLCw=",
    "fDuZ9QTMakdkli6oLmZlO02y73eUNpKnI+K40koDWTY=",
    "rnogQS4j9a4ZXtMOUDlTuOHnYYD74Whor0bcoD3LG3Y=",
    "uoMQaL3DtPROQ+Y2fb/cOKHyKSy1ezB8jYY4XmdynMw=",
    "2YMdezSKAZ8YlctgoyqL/pXkIp3SQ8xVIsEByMr6v7Q=",
];
const VKEY: &str = "nord.example/audit/2026+9cc987bf+ATzNJBz/ybNhgES5fQNthhRZPYsBfDQPHe6HczhVF2VL";
const NOTE: &str = "nord.example/audit/2026\n3\nDwywsPQ82BZNadNBcAwJd4oFXSQ5WdS69WM8ngtTLCw=\n\n— nord.example/audit/2026 nMmHv0Hn708+EUbha8wjCHFXVYvLKI9JL+hJnjHXhmFh6LjKs4vZ5vqOb4TA1XgUg91SC1EsWnl9eH+XLfZvVUD7Ows=\n";
