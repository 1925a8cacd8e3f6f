//! The hash pool: threads of its own, memory of its own, and a queue that says no.
//!
//! A password check is meant to cost: 19 MiB and 20 ms. Left to tokio's blocking threads, 400 logins at once took
//! 8 GB and stalled everything else for 11 seconds; here they take their turn.
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Hashes and checks passwords with Argon2id (19 MiB, t = 2, p = 1) and a pepper. Cheap to clone.
///
/// Passwords are brought to NFKC here (NIST SP 800-63B), so that another keyboard's way to write them is no other.
#[derive(Clone)]
pub struct HashPool {
    jobs: SyncSender<Job>,
}

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

/// Which pepper a hash was made with. There is one; the number is in every event, so that there can be another.
const PEPPER_VERSION: u32 = 1;

/// How many wait for a thread: at 20 ms each the last of them waits two thirds of a second.
const QUEUE_PER_THREAD: usize = 32;

type Job = Box<dyn FnOnce(&mut Hasher) + Send>;

impl HashPool {
    /// Starts `threads` threads, each with a queue of 32; makes the dummy hash with today's parameters.
    pub fn start(threads: usize, pepper: &SecretString) -> Self {
        let threads = threads.max(1);
        let (jobs, queue) = sync_channel(QUEUE_PER_THREAD * threads);
        let queue = Arc::new(Mutex::new(queue));
        let dummy = Arc::new(Verifier::nobodys());
        for number in 0..threads {
            let hasher = Hasher::new(pepper.clone(), dummy.clone());
            let queue = queue.clone();
            std::thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || work(&queue, hasher))
                .expect("a process that begins can start a thread");
        }
        Self { jobs }
    }

    /// Returns a PHC string and the version of the pepper it was made with.
    pub async fn hash(&self, password: SecretString) -> Result<(String, u32), Busy> {
        let hashed = self.submit(move |hasher| hasher.hash(&password))?.await;
        let verifier = hashed.ok().flatten().ok_or(Busy)?;
        Ok((verifier, PEPPER_VERSION))
    }

    /// Checks a password; without a verifier it checks against the dummy, takes as long, and is wrong.
    pub async fn verify(
        &self,
        password: SecretString,
        verifier: Option<(String, u32)>,
    ) -> Result<bool, Busy> {
        let answer = self.submit(move |hasher| hasher.verify(&password, verifier.as_ref()))?;
        answer.await.map_err(|_| Busy)
    }

    /// Queues `work`, which is skipped if nobody waits for it any more when its turn comes.
    fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Hasher) -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<T>, Busy> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |hasher: &mut Hasher| {
            if !answer.is_closed() {
                let _ = answer.send(work(hasher));
            }
        });
        self.jobs.try_send(job).map_err(|_| Busy)?;
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
    pepper: SecretString,
    dummy: Arc<Verifier>,
    /// Used again for every password: 19 MiB fresh from the system each time would cost as much as the hash.
    memory: Vec<Block>,
}

impl Hasher {
    fn new(pepper: SecretString, dummy: Arc<Verifier>) -> Self {
        Self { pepper, dummy, memory: vec![Block::new(); TODAY.block_count()] }
    }

    /// `None` is for parameters Argon2 does not know, and today's it does.
    fn hash(&mut self, password: &SecretString) -> Option<String> {
        let salt: [u8; SALT_BYTES] = rand::random();
        let mut hash = [0; HASH_BYTES];
        self.digest(password, &TODAY, &salt, &mut hash).ok()?;
        Some(Verifier { params: TODAY, salt: salt.to_vec(), hash: hash.to_vec() }.to_phc())
    }

    fn verify(&mut self, password: &SecretString, verifier: Option<&(String, u32)>) -> bool {
        let known = verifier.and_then(|(phc, pepper)| Verifier::read(phc, *pepper));
        let dummy = self.dummy.clone();
        let against = known.as_ref().unwrap_or(&dummy);
        let mut hash = vec![0; against.hash.len()];
        let hashed = self.digest(password, &against.params, &against.salt, &mut hash);
        let same = bool::from(hash.ct_eq(&against.hash));
        hashed.is_ok() && same && known.is_some()
    }

    fn digest(
        &mut self,
        password: &SecretString,
        params: &Params,
        salt: &[u8],
        hash: &mut [u8],
    ) -> Result<(), argon2::Error> {
        let pepper = self.pepper.expose_secret().as_bytes();
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
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Verifier {
    /// The hash of no password: as long to check as any, and never right.
    fn nobodys() -> Self {
        let salt: [u8; SALT_BYTES] = rand::random();
        let hash: [u8; HASH_BYTES] = rand::random();
        Self { params: TODAY, salt: salt.to_vec(), hash: hash.to_vec() }
    }

    /// Reads what was stored. Anything but our own kind within our own limits is refused, and says so in the log:
    /// nobody can log in with it until the password is reset.
    fn read(phc: &str, pepper: u32) -> Option<Self> {
        let verifier = Self::parse(phc).filter(|_| pepper == PEPPER_VERSION);
        if verifier.is_none() {
            tracing::error!(pepper, "a stored password verifier cannot be used");
        }
        verifier
    }

    fn parse(phc: &str) -> Option<Self> {
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
        Some(Self { params, salt: phc.salt?.to_vec(), hash: phc.hash?.as_bytes().to_vec() })
    }

    fn to_phc(&self) -> String {
        let (m, t, p) = (self.params.m_cost(), self.params.t_cost(), self.params.p_cost());
        let (salt, hash) = (STANDARD_NO_PAD.encode(&self.salt), STANDARD_NO_PAD.encode(&self.hash));
        format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}")
    }
}

#[cfg(test)]
mod tests;
