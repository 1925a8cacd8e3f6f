//! What single steps cost, with nobody else about: one hash, one token, one take of the limiter.
use std::sync::Arc;
use std::time::{Duration, Instant};

use access::Access;
use access::hashing::{Checked, HashPool, Peppers};
use anyhow::{Context, ensure};
use futures::future::try_join_all;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use runtime::rate_limits::{Buckets, Policy, PostgresBuckets, RedisBuckets};
use runtime::{Shutdown, postgres};
use secrecy::SecretString;
use serde::Serialize;

use super::storm::PASSWORD;
use crate::booking::scene::Scene;

const HASHES: u32 = 40;
const TOKENS: u32 = 4_000;
/// Who take at one time.
const TAKERS: usize = 16;
/// As many as a process has for it.
const CONNECTIONS: u32 = 8;
const TAKING: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    pub round: usize,
    /// One password checked, by a thread that does nothing else.
    pub hash_ms: f64,
    /// One token checked: signature, claims, what is known of its session and its owner.
    pub token_us: f64,
    /// The library's `decode` alone.
    pub decode_us: f64,
    pub takes: Vec<Takes>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Takes {
    pub store: &'static str,
    pub keys: &'static str,
    pub a_second: f64,
}

pub struct Costs {
    access: Access,
    token: String,
    key: DecodingKey,
    hashing: HashPool,
    verifier: (String, u32),
    stores: [(&'static str, Arc<dyn Buckets>); 2],
    _shutdown: Shutdown,
}

impl Costs {
    pub async fn prepare(scene: &Scene, redis: &str) -> anyhow::Result<Self> {
        let platform = &scene.platform;
        let shutdown = platform.shutdown.clone();
        let (executor, clock) = (platform.executor.clone(), platform.clock.clone());
        let access = Access::start(&platform.settings, executor, clock, shutdown.clone()).await?;
        let token = scene.tokens.first().context("nobody has a token")?.clone();
        let kid = decode_header(&token)?.kid.context("a token names its key")?;
        let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_value(access.jwks())?;
        let key = DecodingKey::from_jwk(jwks.find(&kid).context("the key is published")?)?;
        let peppers = Peppers::of(&platform.settings.keys).context("PEPPER is not given")?;
        let hashing = HashPool::start(1, peppers);
        let verifier = hashing.hash(PASSWORD.into()).await?;
        let edge = postgres::pool(&platform.settings.edge_database_url, CONNECTIONS)?;
        let redis = RedisBuckets::new(&SecretString::from(redis.to_owned()))?;
        let stores: [(&str, Arc<dyn Buckets>); 2] =
            [("Postgres", Arc::new(PostgresBuckets(edge))), ("Redis", Arc::new(redis))];
        Ok(Self { access, token, key, hashing, verifier, stores, _shutdown: shutdown })
    }

    pub async fn measure(&self, round: usize, quick: bool) -> anyhow::Result<Measurement> {
        let began = Instant::now();
        for _ in 0..HASHES {
            let right = self
                .hashing
                .verify(self.hashing.turn()?, PASSWORD.into(), Some(self.verifier.clone()))
                .await?;
            ensure!(right == Checked::Right, "the password is right");
        }
        let hash_ms = began.elapsed().as_secs_f64() * 1_000.0 / f64::from(HASHES);
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_aud = false;
        let began = Instant::now();
        for _ in 0..TOKENS {
            decode::<serde_json::Value>(&self.token, &self.key, &validation)?;
        }
        let decode_us = each_us(began, TOKENS);
        let began = Instant::now();
        for _ in 0..TOKENS {
            let caller = self.access.authenticate(&self.token).await;
            ensure!(caller.is_ok(), "the token counts");
        }
        let token_us = each_us(began, TOKENS);
        let mut takes = Vec::new();
        for (store, buckets) in &self.stores {
            for (keys, one) in [("one key", true), ("many keys", false)] {
                let a_second = take(buckets, one, if quick { TAKING / 5 } else { TAKING }).await?;
                takes.push(Takes { store, keys, a_second });
            }
        }
        Ok(Measurement { round, hash_ms, token_us, decode_us, takes })
    }
}

/// All of them take as fast as they can; no quota is ever full.
async fn take(buckets: &Arc<dyn Buckets>, one: bool, time: Duration) -> anyhow::Result<f64> {
    let policy = Policy { name: "bench", quota: 10_000_000, window: Duration::from_hours(1) };
    let began = Instant::now();
    let taking = (0..TAKERS).map(|taker| {
        let buckets = buckets.clone();
        tokio::spawn(async move {
            let mut count = 0_u64;
            while began.elapsed() < time {
                let taker = u64::try_from(taker)?;
                let key = if one { 0 } else { taker << 32 | count };
                let verdict = buckets.take(&key.to_be_bytes(), &policy).await?;
                ensure!(verdict.allowed, "a quota that nobody can use up was full");
                count += 1;
            }
            Ok(count)
        })
    });
    let mut all = 0;
    for it in try_join_all(taking).await? {
        all += it?;
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let all = all as f64;
    Ok(all / began.elapsed().as_secs_f64())
}

fn each_us(began: Instant, count: u32) -> f64 {
    began.elapsed().as_secs_f64() * 1_000_000.0 / f64::from(count)
}
