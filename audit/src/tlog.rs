//! Hashes, proofs and signed notes. The one module that knows the crates for them.
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::SigningKey;
use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::tlog as tree;

/// A node of the tree.
pub type Hash = [u8; 32];

/// What a signature stands for: the first `size` records under `origin` have this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub origin: String,
    pub size: u64,
    pub root: Hash,
}

/// Signs checkpoints of one origin, by whose name its keys are known: one, or two while one takes over from the other.
pub struct Signer {
    keys: Vec<(StandardSigner, String)>,
}

/// The public half, as auditors have it: `<origin>+<key id>+<base64>`.
pub struct Verifier {
    name: String,
    known: VerifierList,
}

/// A key that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    #[error("the audit key is 32 bytes as 64 hex digits")]
    Seed,
    #[error("an origin is text without spaces and without +")]
    Origin,
    #[error("the verifier key is not <origin>+<8 hex digits>+<base64 of an Ed25519 key>")]
    Vkey,
}

/// Why a checkpoint does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNote {
    #[error("the checkpoint is not a signed note")]
    Form,
    #[error("the signature under the checkpoint is not by {0}")]
    Signature(String),
    #[error("the signed text is not a checkpoint")]
    Text,
    #[error("the checkpoint is of {found}, the key of {expected}")]
    Origin { found: String, expected: String },
}

/// A proof that does not prove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not hold")]
pub struct Unproven;

/// Nodes of a tree by level (0: leaves) and number. `None` where a node is not there.
pub trait Nodes {
    fn node(&self, level: u8, n: u64) -> Option<Hash>;
}

/// The root over nothing: SHA-256 of no bytes.
pub const EMPTY: Hash = tree::EMPTY_HASH.0;

pub fn leaf(record: &[u8]) -> Hash {
    tree::record_hash(record).0
}

pub fn parent(left: Hash, right: Hash) -> Hash {
    tree::node_hash(tree::Hash(left), tree::Hash(right)).0
}

/// As checkpoints and proofs write a hash.
pub fn text(hash: Hash) -> String {
    BASE64.encode(hash)
}

/// Reads what [`text`] wrote.
pub fn hash(text: &str) -> Option<Hash> {
    BASE64.decode(text).ok()?.try_into().ok()
}

/// The nodes that lead from record `n` to the root over `size`.
pub fn prove_inclusion(size: u64, n: u64, nodes: &impl Nodes) -> Result<Vec<Hash>, Unproven> {
    let proof = tree::prove_record(size, n, &Reader(nodes)).map_err(|_| Unproven)?;
    Ok(proof.into_iter().map(|it| it.0).collect())
}

/// Whether `leaf` is record `n` of those that `root` stands for.
pub fn check_inclusion(
    proof: &[Hash],
    size: u64,
    root: Hash,
    n: u64,
    leaf: Hash,
) -> Result<(), Unproven> {
    let proof = proof.iter().copied().map(tree::Hash).collect();
    tree::check_record(&proof, size, tree::Hash(root), n, tree::Hash(leaf)).map_err(|_| Unproven)
}

/// The nodes that show the tree over `new` records to be the one over `old`, and more.
pub fn prove_consistency(new: u64, old: u64, nodes: &impl Nodes) -> Result<Vec<Hash>, Unproven> {
    let proof = tree::prove_tree(new, old, &Reader(nodes)).map_err(|_| Unproven)?;
    Ok(proof.into_iter().map(|it| it.0).collect())
}

/// Whether what `old` stands for was only added to.
pub fn check_consistency(
    proof: &[Hash],
    (new, new_root): (u64, Hash),
    (old, old_root): (u64, Hash),
) -> Result<(), Unproven> {
    let proof = proof.iter().copied().map(tree::Hash).collect();
    tree::check_tree(&proof, new, tree::Hash(new_root), old, tree::Hash(old_root))
        .map_err(|_| Unproven)
}

struct Reader<'a, N>(&'a N);

impl<N: Nodes> tree::HashReader for Reader<'_, N> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tree::Hash>, tree::Error> {
        let nodes = indexes.iter().map(|index| {
            let (level, n) = tree::split_stored_hash_index(*index);
            self.0.node(level, n).map(tree::Hash)
        });
        let nodes: Option<Vec<_>> = nodes.collect();
        nodes.ok_or_else(|| tree::Error::InvalidInput("a node is missing".to_owned()))
    }
}

impl Checkpoint {
    /// What a note says, whoever has signed it.
    pub fn unverified(note: &[u8]) -> Result<Self, BadNote> {
        let note = Note::from_bytes(note).map_err(|_| BadNote::Form)?;
        let text = tlog_tiles::Checkpoint::from_bytes(note.text()).map_err(|_| BadNote::Text)?;
        Ok(Self { origin: text.origin().to_owned(), size: text.size(), root: text.hash().0 })
    }
}

impl Signer {
    /// The key made of 32 secret bytes, as hex. The same bytes are another key under another origin's name.
    pub fn new(origin: &str, seed: &str) -> Result<Self, BadKey> {
        Ok(Self { keys: vec![key(origin, seed)?] })
    }

    /// Signs with another key as well: whoever knows either can check.
    pub fn and(mut self, origin: &str, seed: &str) -> Result<Self, BadKey> {
        self.keys.push(key(origin, seed)?);
        Ok(self)
    }

    /// The public halves, the first key's first.
    pub fn vkeys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|it| it.1.as_str())
    }

    pub fn verifier(&self) -> Result<Verifier, BadKey> {
        self.vkeys().next().ok_or(BadKey::Vkey)?.parse()
    }

    /// The checkpoint in a note that one of these keys has signed.
    pub fn open(&self, note: &[u8]) -> Result<Checkpoint, BadNote> {
        let mut opened = Err(BadNote::Form);
        for vkey in self.vkeys() {
            let verifier: Verifier = vkey.parse().map_err(|_| BadNote::Form)?;
            opened = verifier.open(note);
            if opened.is_ok() {
                break;
            }
        }
        opened
    }

    /// The checkpoint as a signed note.
    pub fn sign(&self, checkpoint: &Checkpoint) -> Result<String, BadNote> {
        let Checkpoint { origin, size, root } = checkpoint;
        let text = tlog_tiles::Checkpoint::new(origin, *size, tree::Hash(*root), "")
            .map_err(|_| BadNote::Text)?;
        let mut note = Note::new(&text.to_bytes(), &[]).map_err(|_| BadNote::Form)?;
        for (signer, _) in &self.keys {
            note.add_sigs(&[signer]).map_err(|_| BadNote::Form)?;
        }
        String::from_utf8(note.to_bytes()).map_err(|_| BadNote::Form)
    }
}

/// A key's secret half, and its public one.
fn key(origin: &str, seed: &str) -> Result<(StandardSigner, String), BadKey> {
    let seed = hex(seed.trim()).ok_or(BadKey::Seed)?;
    let public = SigningKey::from_bytes(&seed).verifying_key();
    if !signed_note::is_key_name_valid(origin) {
        return Err(BadKey::Origin);
    }
    let vkey = signed_note::new_ed25519_verifier_key(origin, &public);
    let id = vkey.split('+').nth(1).ok_or(BadKey::Vkey)?;
    let secret = BASE64.encode([&[ED25519][..], &seed].concat());
    let signer = StandardSigner::new(&format!("PRIVATE+KEY+{origin}+{id}+{secret}"));
    Ok((signer.map_err(|_| BadKey::Vkey)?, vkey))
}

/// Says in a key which kind of signature it makes.
const ED25519: u8 = 1;

impl Verifier {
    /// The origin whose checkpoints this key signs.
    pub fn origin(&self) -> &str {
        &self.name
    }

    /// The checkpoint in a note that this key has signed.
    pub fn open(&self, note: &[u8]) -> Result<Checkpoint, BadNote> {
        let note = Note::from_bytes(note).map_err(|_| BadNote::Form)?;
        note.verify(&self.known).map_err(|_| BadNote::Signature(self.name.clone()))?;
        let text = tlog_tiles::Checkpoint::from_bytes(note.text()).map_err(|_| BadNote::Text)?;
        if text.origin() != self.name {
            let (found, expected) = (text.origin().to_owned(), self.name.clone());
            return Err(BadNote::Origin { found, expected });
        }
        Ok(Checkpoint { origin: self.name.clone(), size: text.size(), root: text.hash().0 })
    }
}

impl std::str::FromStr for Verifier {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let text = text.trim();
        let verifier = StandardVerifier::new(text).map_err(|_| BadKey::Vkey)?;
        let (name, _) = text.split_once('+').ok_or(BadKey::Vkey)?;
        let known = VerifierList::new(vec![Box::new(verifier)]);
        Ok(Self { name: name.to_owned(), known })
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({})", self.name)
    }
}

fn hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
