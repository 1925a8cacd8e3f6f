//! How long to wait before trying again: longer each time, and never in step with others.
use std::time::Duration;

/// Doubles from a tenth of a second up to a limit, each wait anywhere in its upper half.
#[derive(Clone, Debug)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
}

/// Short enough that a hiccup goes unnoticed, long enough not to hammer a server that is starting.
const FIRST: Duration = Duration::from_millis(100);

impl Backoff {
    pub fn up_to(longest: Duration) -> Self {
        Self { next: FIRST.min(longest), longest }
    }

    /// The next wait.
    pub fn wait(&mut self) -> Duration {
        let whole = self.next;
        self.next = (2 * whole).min(self.longest);
        whole.mul_f64(rand::random_range(0.5..1.0))
    }

    /// Something worked: the next wait is the first again.
    pub fn reset(&mut self) {
        self.next = FIRST.min(self.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_limit_and_begin_anew() {
        let mut backoff = Backoff::up_to(Duration::from_secs(1));
        for expected_ms in [100, 200, 400, 800, 1000, 1000] {
            let wait = backoff.wait();
            let whole = Duration::from_millis(expected_ms);
            assert!(
                whole / 2 <= wait && wait <= whole,
                "{wait:?} is not in the upper half of {whole:?}"
            );
        }
        backoff.reset();
        assert!(backoff.wait() <= FIRST);
    }
}
