//! What the comparison comes to, each with one sentence and the next step.
use serde::Serialize;

/// Counts; ids only of keys and people, never a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    pub keys: u64,
    pub tombstones: u64,
    /// Keys that something in the log is sealed under, and that are neither there nor destroyed.
    pub missing: Vec<String>,
    /// People whom the log says were erased, and who have a key, or no tombstone.
    pub not_destroyed: Vec<String>,
    /// Keys of quarters that the log says have ended.
    pub not_ended: u64,
    /// People whose keys were destroyed for an event that the log does not have.
    pub unknown_to_the_log: Vec<String>,
    /// People whose erasure is under way.
    pub under_way: u64,
    /// Keys and secrets that are still wrapped with `KEK_ALSO`.
    pub under_the_other_kek: u64,
    /// Those that are wrapped with neither.
    pub under_no_kek: u64,
}

/// One thing that is not well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub says: String,
    pub next: &'static str,
}

impl Findings {
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |count: usize, says: String, next| {
            if 0 < count {
                faults.push(Fault { says, next });
            }
        };
        let (missing, again) = (self.missing.len(), self.not_destroyed.len());
        fault(
            again,
            format!(
                "The vault is older than the log: {again} people who were erased have their keys again."
            ),
            "Run `courtside vault reconcile`; it destroys them again.",
        );
        let ended = usize::try_from(self.not_ended).unwrap_or(usize::MAX);
        fault(
            ended,
            format!(
                "The vault is older than the log: {ended} keys of addresses and user agents are there again whose time was over."
            ),
            "Run `courtside vault reconcile`; it destroys them again.",
        );
        fault(
            missing,
            format!(
                "{missing} keys are missing and were never destroyed: what is sealed under them cannot be read."
            ),
            "Restore the vault from its newest backup (docs/vault.md), then run this again.",
        );
        let unknown = self.unknown_to_the_log.len();
        fault(
            unknown,
            format!(
                "The log is older than the vault: {unknown} people were erased for an event that the log does not have."
            ),
            "Restore a newer log if there is one; else ask for each erasure again with `courtside user erase --id …`.",
        );
        let stray = usize::try_from(self.under_no_kek).unwrap_or(usize::MAX);
        fault(
            stray,
            format!("{stray} keys are wrapped with neither KEK nor KEK_ALSO."),
            "Give the key-encryption key they were wrapped with as KEK_ALSO, and run this again.",
        );
        faults
    }

    /// Whether the other key-encryption key may be thrown away.
    pub fn rotation(&self, has_other: bool) -> Option<String> {
        match (self.under_the_other_kek, has_other) {
            (_, false) => None,
            (0, true) => Some("Nothing is wrapped with KEK_ALSO any more: it may be removed once no process wraps with it.".to_owned()),
            (left, true) => Some(format!(
                "{left} keys are still wrapped with KEK_ALSO: keep it, and run `courtside vault rotate-kek`."
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(findings: &Findings) -> Vec<String> {
        findings.faults().iter().map(|it| format!("{} {}", it.says, it.next)).collect()
    }

    #[test]
    fn a_vault_and_a_log_of_another_time_are_told_apart() {
        let one = || vec!["user-1".to_owned()];
        assert!(said(&Findings::default()).is_empty());
        for (findings, begins, next) in [
            (
                Findings { not_destroyed: one(), ..Findings::default() },
                "The vault is older",
                "reconcile",
            ),
            (
                Findings { unknown_to_the_log: one(), ..Findings::default() },
                "The log is older",
                "user erase",
            ),
            (Findings { not_ended: 1, ..Findings::default() }, "The vault is older", "reconcile"),
            (Findings { missing: one(), ..Findings::default() }, "1 keys are missing", "Restore"),
            (Findings { under_no_kek: 1, ..Findings::default() }, "1 keys are wrapped", "KEK_ALSO"),
        ] {
            let said = said(&findings);
            let [it] = said.as_slice() else { panic!("{said:?}") };
            assert!(it.starts_with(begins) && it.contains(next), "{it}");
        }
    }

    #[test]
    fn the_other_key_may_go_when_nothing_needs_it() {
        let with = |left| Findings { under_the_other_kek: left, ..Findings::default() };
        assert_eq!(with(0).rotation(false), None);
        assert!(with(0).rotation(true).is_some_and(|it| it.contains("may be removed")));
        assert!(with(3).rotation(true).is_some_and(|it| it.contains("keep it")));
    }
}
