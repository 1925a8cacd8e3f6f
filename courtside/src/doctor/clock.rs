//! This machine's clock beside those of the databases' servers. Where it is off every one of them by as much, one sentence
//! says so, and not one for each.
use jiff::SignedDuration;
use runtime::health::MAX_SKEW;
use runtime::{Clock, Settings, postgres, settings};
use secrecy::SecretString;

use super::finding::Finding;

const WHAT: &str = "clock";
/// Answers cross a network, and are given in the order they are asked for.
const ALIKE: SignedDuration = SignedDuration::from_millis(200);

pub async fn examine(settings: &Settings) -> Vec<Finding> {
    let asked =
        settings.databases().map(|(name, _, url)| async move { Some((name, skew(url).await?)) });
    // Who does not answer is named where it is asked for more.
    judge(&futures::future::join_all(asked).await.into_iter().flatten().collect::<Vec<_>>())
}

/// How far the server is ahead of this machine.
async fn skew(url: &SecretString) -> Option<SignedDuration> {
    if settings::is_eventstoredb(url) {
        return None;
    }
    let db = postgres::pool(url, 1).ok()?;
    postgres::greet(&db).await.ok()?;
    Clock::new().compare(&db).await.ok()
}

fn judge(skews: &[(&'static str, SignedDuration)]) -> Vec<Finding> {
    let all = |it: &dyn Fn(SignedDuration) -> bool| skews.iter().all(|(_, skew)| it(*skew));
    let Some((_, first)) = skews.first() else { return Vec::new() };
    if all(&|it| it.abs() <= MAX_SKEW) {
        let most = skews.iter().map(|it| it.1.abs()).max().unwrap_or_default();
        let says = format!("within {} ms of the databases'", most.as_millis());
        return vec![Finding::ok(WHAT, "skew", says)];
    }
    if all(&|it| (it - *first).abs() <= ALIKE) {
        let says = format!("this machine's clock is {} the databases'", by(-*first));
        let next = "Let this machine keep time by NTP (`chronyc tracking`); until it does, processes here are not ready, and go by the database's time.";
        return vec![Finding::fail(WHAT, "skew", says, next)];
    }
    let off = skews.iter().filter(|it| MAX_SKEW < it.1.abs());
    let next =
        "Let the servers of the databases and this machine keep time by NTP (`chronyc tracking`).";
    let says = off.map(|(name, skew)| format!("{name}'s is {} this machine's", by(*skew)));
    let says = says.collect::<Vec<_>>().join(", ");
    // A process goes by one of them, the log's.
    vec![if skews.iter().any(|(name, it)| *name == "log" && MAX_SKEW < it.abs()) {
        Finding::fail(WHAT, "skew", says, next)
    } else {
        Finding::warn(WHAT, "skew", says, next)
    }]
}

fn by(ahead: SignedDuration) -> String {
    let seconds = ahead.abs().as_secs_f64();
    format!("{seconds:.1} s {}", if ahead.is_negative() { "behind" } else { "ahead of" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_one_sentence() {
        let ms = SignedDuration::from_millis;
        for (skews, count, says) in [
            (vec![], 0, ""),
            (vec![("log", ms(499)), ("read", ms(-499))], 1, "within 499 ms"),
            (
                vec![("log", ms(10_010)), ("read", ms(9_990))],
                1,
                "this machine's clock is 10.0 s behind the databases'",
            ),
            (
                vec![("log", ms(-10_000))],
                1,
                "this machine's clock is 10.0 s ahead of the databases'",
            ),
            (
                vec![("log", ms(0)), ("read", ms(10_000))],
                1,
                "read's is 10.0 s ahead of this machine's",
            ),
            (
                vec![("log", ms(-600)), ("read", ms(10_000))],
                1,
                "log's is 0.6 s behind this machine's, read's is 10.0 s ahead of",
            ),
        ] {
            let found = judge(&skews);
            assert_eq!(found.len(), count, "{found:?}");
            assert!(found.iter().all(|it| it.says.starts_with(says)), "{found:?}");
        }
    }
}
