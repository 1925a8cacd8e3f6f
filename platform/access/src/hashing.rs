//! The hash pool: threads of its own, memory of its own, and a queue that says no.
//!
//! A password check is meant to cost: 19 MiB and 20 ms. Left to tokio's blocking threads, 400 logins at once took
//! 8 GB and stalled everything else for 11 seconds; here they take their turn.
mod peppers;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use prometheus_client::metrics::counter::Counter;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

pub use self::peppers::Peppers;

/// Hashes and checks passwords with Argon2id (19 MiB, t = 2, p = 1) and a pepper. Cheap to clone.
///
/// Passwords are brought to NFKC here (NIST SP 800-63B), so that another keyboard's way to write them is no other.
#[derive(Clone)]
pub struct HashPool {
    jobs: Sender<Job>,
    /// So many are at work or in the queue, which has no other bound: each job holds one of these.
    turns: Arc<Semaphore>,
    /// Every hash that was made, to check one or to keep it.
    pub hashes: Counter,
}

/// What checking a password came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    Wrong,
    Right,
    /// And hashed with other parameters or another pepper than today's.
    RightAndOutdated,
}

/// A place in the queue. Given back when the hash is made, or nobody wants it any more.
pub struct Turn(#[expect(dead_code, reason = "dropped, it is given back")] OwnedSemaphorePermit);

/// All threads are busy and the queue is full.
#[derive(Debug, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct Busy;

/// 19 MiB, two passes, one lane: OWASP's first choice where logins come in crowds.
const TODAY: Params = match Params::new(19 * 1024, 2, 1, Some(HASH_BYTES)) {
    Ok(it) => it,
    Err(_) => panic!("Argon2 knows these parameters"),
};

const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// The most a stored verifier may ask for, in KiB and passes: whoever wrote it does not decide what we spend.
const MOST_KIB: u32 = 64 * 1024;
const MOST_PASSES: u32 = 10;
const MOST_LANES: u32 = 4;

/// How many wait for a thread: at 20 ms each the last of them waits two thirds of a second.
const QUEUE_PER_THREAD: usize = 32;

type Job = Box<dyn FnOnce(&mut Hasher) + Send>;

impl HashPool {
    /// Starts `threads` threads, each with a queue of 32; makes the dummy hash with today's parameters.
    pub fn start(threads: usize, peppers: Peppers) -> Self {
        let threads = threads.max(1);
        let turns = Arc::new(Semaphore::new((QUEUE_PER_THREAD + 1) * threads));
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let dummy = Arc::new(Verifier::nobodys(peppers.current()));
        let (peppers, hashes) = (Arc::new(peppers), Counter::default());
        for number in 0..threads {
            let hasher = Hasher::new(peppers.clone(), dummy.clone(), hashes.clone());
            let queue = queue.clone();
            std::thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || work(&queue, hasher))
                .expect("a process that begins can start a thread");
        }
        Self { jobs, turns, hashes }
    }

    /// Whether a password would be refused: for whoever comes a moment later, it may not be.
    pub fn is_full(&self) -> bool {
        self.turns.available_permits() == 0
    }

    /// Taken before anything is looked up for a password, so that whoever is refused costs next to nothing.
    pub fn turn(&self) -> Result<Turn, Busy> {
        self.turns.clone().try_acquire_owned().map(Turn).map_err(|_| Busy)
    }

    /// Returns a PHC string and the version of the pepper it was made with.
    pub async fn hash(&self, password: SecretString) -> Result<(String, u32), Busy> {
        let hashed = self.submit(self.turn()?, move |hasher| hasher.hash(&password))?.await;
        hashed.ok().flatten().ok_or(Busy)
    }

    /// Checks a password; without a verifier it checks against the dummy, takes as long, and is wrong.
    pub async fn verify(
        &self,
        turn: Turn,
        password: SecretString,
        verifier: Option<(String, u32)>,
    ) -> Result<Checked, Busy> {
        let answer =
            self.submit(turn, move |hasher| hasher.verify(&password, verifier.as_ref()))?;
        answer.await.map_err(|_| Busy)
    }

    /// Queues `work`, which is skipped if nobody waits for it any more when its turn comes.
    fn submit<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce(&mut Hasher) -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<T>, Busy> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |hasher: &mut Hasher| {
            let _turn = turn;
            if !answer.is_closed() {
                let _ = answer.send(work(hasher));
            }
        });
        self.jobs.send(job).map_err(|_| Busy)?;
        Ok(answered)
    }
}

/// Takes jobs until the last clone of the pool is gone.
fn work(queue: &Mutex<Receiver<Job>>, mut hasher: Hasher) {
    loop {
        // One thread waits with the lock, the others for the lock: either way the next job wakes one of them.
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&mut hasher),
            Err(_) => return,
        }
    }
}

/// What one thread works with.
struct Hasher {
    peppers: Arc<Peppers>,
    dummy: Arc<Verifier>,
    hashes: Counter,
    /// Used again for every password: 19 MiB fresh from the system each time would cost as much as the hash.
    memory: Vec<Block>,
}

impl Hasher {
    fn new(peppers: Arc<Peppers>, dummy: Arc<Verifier>, hashes: Counter) -> Self {
        Self { peppers, dummy, hashes, memory: vec![Block::new(); TODAY.block_count()] }
    }

    /// `None` is for parameters Argon2 does not know, and today's it does.
    fn hash(&mut self, password: &SecretString) -> Option<(String, u32)> {
        let pepper = self.peppers.current();
        let mut made = Verifier::nobodys(pepper);
        let mut hash = [0; HASH_BYTES];
        self.digest(password, &made, &mut hash).ok()?;
        made.hash = hash.to_vec();
        Some((made.to_phc(), pepper))
    }

    fn verify(&mut self, password: &SecretString, verifier: Option<&(String, u32)>) -> Checked {
        let known = verifier.and_then(|(phc, pepper)| self.read(phc, *pepper));
        let dummy = self.dummy.clone();
        let against = known.as_ref().unwrap_or(&dummy);
        let mut hash = vec![0; against.hash.len()];
        let hashed = self.digest(password, against, &mut hash);
        let same = bool::from(hash.ct_eq(&against.hash));
        match (hashed.is_ok() && same && known.is_some(), against.is_of(self.peppers.current())) {
            (false, _) => Checked::Wrong,
            (true, true) => Checked::Right,
            (true, false) => Checked::RightAndOutdated,
        }
    }

    /// Reads what was stored. Anything but our own kind within our own limits is refused, and says so in the log:
    /// nobody can log in with it until the password is reset.
    fn read(&self, phc: &str, pepper: u32) -> Option<Verifier> {
        let verifier = Verifier::parse(phc, pepper).filter(|_| self.peppers.get(pepper).is_some());
        if verifier.is_none() {
            tracing::error!(pepper, "a stored password verifier cannot be used");
        }
        verifier
    }

    fn digest(
        &mut self,
        password: &SecretString,
        against: &Verifier,
        hash: &mut [u8],
    ) -> Result<(), argon2::Error> {
        let Verifier { params, salt, pepper, .. } = against;
        self.hashes.inc();
        let peppers = self.peppers.clone();
        let pepper = peppers.get(*pepper).map_or(&[][..], |it| it.expose_secret().as_bytes());
        let argon2 =
            Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params.clone())?;
        let blocks = params.block_count();
        if self.memory.len() < blocks {
            self.memory.resize(blocks, Block::new());
        }
        let password: Zeroizing<String> = Zeroizing::new(password.expose_secret().nfkc().collect());
        argon2.hash_password_into_with_memory(
            password.as_bytes(),
            salt,
            hash,
            self.memory.as_mut_slice(),
        )
    }
}

/// What a password is checked against.
struct Verifier {
    params: Params,
    /// The version of the pepper it was made with.
    pepper: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Verifier {
    /// The hash of no password: as long to check as any, and never right.
    fn nobodys(pepper: u32) -> Self {
        let salt: [u8; SALT_BYTES] = rand::random();
        let hash: [u8; HASH_BYTES] = rand::random();
        Self { params: TODAY, pepper, salt: salt.to_vec(), hash: hash.to_vec() }
    }

    /// Whether it is made as they are made today, or, where a newer pepper is only about to come, will be.
    fn is_of(&self, pepper: u32) -> bool {
        let costs = |it: &Params| (it.m_cost(), it.t_cost(), it.p_cost());
        costs(&self.params) == costs(&TODAY)
            && pepper <= self.pepper
            && (self.salt.len(), self.hash.len()) == (SALT_BYTES, HASH_BYTES)
    }

    fn parse(phc: &str, pepper: u32) -> Option<Self> {
        let phc = PasswordHash::new(phc).ok()?;
        let params = Params::try_from(&phc).ok()?;
        let ours =
            phc.algorithm.as_str() == "argon2id" && phc.version == Some(Version::V0x13.into());
        let affordable = params.m_cost() <= MOST_KIB
            && params.t_cost() <= MOST_PASSES
            && params.p_cost() <= MOST_LANES;
        if !(ours && affordable) {
            return None;
        }
        let (salt, hash) = (phc.salt?.to_vec(), phc.hash?.as_bytes().to_vec());
        Some(Self { params, pepper, salt, hash })
    }

    fn to_phc(&self) -> String {
        let (m, t, p) = (self.params.m_cost(), self.params.t_cost(), self.params.p_cost());
        let (salt, hash) = (STANDARD_NO_PAD.encode(&self.salt), STANDARD_NO_PAD.encode(&self.hash));
        format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}")
    }
}

#[cfg(test)]
mod tests;
