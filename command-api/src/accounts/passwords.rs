//! Which passwords are taken (NIST SP 800-63B-4): long enough, not guessed first, no rules about their letters.
use access::blocklist::Blocklist;
use domain::ids::UserId;
use domain::sealed::Sealed;
use domain::users::{Role, User};
use runtime::problem::{INVALID, Place};
use runtime::{Problem, Settings, StartError};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;
use zxcvbn::{Score, zxcvbn};

use super::fields::Reason;
use crate::app::{App, blocklist};
use crate::refused::sealed_off;
use crate::sessions::overloaded;

/// What is asked of a password. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    min_length: usize,
    blocklist: Option<Blocklist>,
}

/// A password that opens more than one's own bookings stands alone as long as there is no second factor: for those
/// NIST SP 800-63B-4 asks 15.
const MIN_LENGTH_OF_MORE: usize = 15;

impl Rules {
    pub fn of(settings: &Settings) -> Result<Self, StartError> {
        let blocklist = blocklist(settings)?;
        Ok(Self { min_length: settings.auth.password_min_length, blocklist })
    }

    pub fn of_role(self, role: Role) -> Self {
        let min_length = match role {
            Role::Player => self.min_length,
            Role::Staff | Role::Auditor | Role::Operator | Role::Admin => {
                self.min_length.max(MIN_LENGTH_OF_MORE)
            }
        };
        Self { min_length, ..self }
    }
}

/// A password that an account may have from now on, hashed and sealed.
pub(crate) struct NewPassword {
    pub verifier: Sealed,
    pub pepper: u32,
}

impl NewPassword {
    /// Checks the field `new_password` as the account's role and names ask for, and hashes it; 422 with every reason
    /// against it.
    pub async fn of(
        app: &App,
        id: UserId,
        user: &User,
        password: &str,
        command: Uuid,
    ) -> Result<Self, Problem> {
        let password: String = password.nfkc().collect();
        let subject = id.stream();
        let open = async |field, sealed: Option<&Sealed>| match sealed {
            Some(sealed) => {
                let opened = app.vault.open(&subject, field, sealed).await.map_err(sealed_off)?;
                Ok::<_, Problem>(opened.unwrap_or_default())
            }
            None => Ok(String::new()),
        };
        let email = open("email", user.email.as_ref()).await?;
        let username = open("username", user.username.as_ref()).await?;
        let name = open("display_name", user.display_name.as_ref()).await?;
        let rules = app.registrar.password_rules(user.role);
        let faults = check(&password, [&email, &username, &name], &rules).await;
        if !faults.is_empty() {
            let problem = Problem::new(INVALID, "this cannot be a password here");
            return Err(faults.into_iter().fold(problem, |problem, (code, detail)| {
                problem.at(Place::field("new_password"), code, detail)
            }));
        }
        let (verifier, pepper) =
            app.hashing.hash(password.into()).await.map_err(|_| overloaded())?;
        let verifier = app.vault.seal(&subject, "verifier", command, &verifier).await;
        Ok(Self { verifier: verifier.map_err(sealed_off)?, pepper })
    }
}

/// Long enough for every pass phrase, short enough to hash.
const MAX_LENGTH: usize = 128;
/// What the estimate looks at: its cost grows with the square of the length, and nothing so long is weak by its end.
const ESTIMATED: usize = 64;
/// "Safely unguessable: moderate protection from an offline attack."
const STRONG_ENOUGH: Score = Score::Three;

/// Every reason against a password, which is in NFKC already. `person` is what everybody knows of them: e-mail address, username, name.
pub(super) async fn check(password: &str, person: [&String; 3], rules: &Rules) -> Vec<Reason> {
    let [email, username, name] = person.map(Clone::clone);
    let mut faults = Vec::new();
    match password.chars().count() {
        it if it < rules.min_length => {
            faults.push(("too-short", "the password is too short; a sentence is easy to remember"));
        }
        it if it > MAX_LENGTH => {
            return vec![("too-long", "a password has at most 128 characters")];
        }
        _ => {}
    }
    let local = email.split('@').next().unwrap_or_default();
    if is_like(password, &email) || is_like(password, local) {
        faults.push(("like-email", "the password is nearly the e-mail address"));
    }
    if is_like(password, &username) {
        faults.push(("like-username", "the password is nearly the username"));
    }
    if rules.blocklist.as_ref().is_some_and(|it| it.has(password)) {
        faults.push(("too-common", "the password is in a list that is tried early"));
    }
    let start: String = password.chars().take(ESTIMATED).collect();
    // Milliseconds of arithmetic: not on a thread that others wait for.
    let estimate = tokio::task::spawn_blocking(move || {
        let local = email.split('@').next().unwrap_or_default();
        zxcvbn(&start, &[&email, local, &username, &name, "courtside"]).score()
    });
    if estimate.await.is_ok_and(|it| it < STRONG_ENOUGH) {
        faults.push((
            "too-weak",
            "the password would be guessed early; take a few words that nobody puts together",
        ));
    }
    faults
}

/// Whether a password is an identifier with a little around it: capitals, punctuation, a year.
fn is_like(password: &str, identifier: &str) -> bool {
    /// A shorter one is in many good passwords by chance.
    const SHORTEST: usize = 3;
    /// More around it than this is a password of its own.
    const AROUND: usize = 6;
    let plain = |text: &str| -> Vec<char> {
        text.chars().flat_map(char::to_lowercase).filter(|it| it.is_alphanumeric()).collect()
    };
    let (password, identifier) = (plain(password), plain(identifier));
    let reversed: Vec<char> = identifier.iter().rev().copied().collect();
    let holds = |part: &[char]| password.windows(part.len()).any(|it| it == part);
    SHORTEST <= identifier.len()
        && password.len() <= identifier.len() + AROUND
        && (holds(&identifier) || holds(&reversed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { min_length: 12, blocklist: None };

    #[tokio::test]
    async fn every_reason_is_a_code() {
        let long = "correct horse battery staple ".repeat(4);
        let too_long = "x".repeat(129);
        let rows: &[(&str, &[&str])] = &[
            ("seven lobs before breakfast", &[]),
            ("grün-Tor-Wiese-42-Lampe", &[]),
            ("пять кошек на крыше зимой", &[]),
            (&long, &[]),
            ("", &["too-short", "too-weak"]),
            ("x7#Kq!m2Zp", &["too-short"]),
            ("password1234", &["too-weak"]),
            ("aaaaaaaaaaaaaaaaaaaa", &["too-weak"]),
            ("123456789012", &["too-weak"]),
            ("qwertyuiop[]", &["too-weak"]),
            (&too_long, &["too-long"]),
            ("Eva.Lindqvist@example.org", &["like-email", "too-weak"]),
            ("Eva-Lindqvist-2026", &["like-email"]),
            ("MrsPadelpadel77", &["like-username"]),
        ];
        let (email, username, name) =
            ("eva.lindqvist@example.org".to_owned(), "padelpadel".to_owned(), "Eva".to_owned());
        for (password, codes) in rows {
            let faults = check(password, [&email, &username, &name], &RULES).await;
            let found: Vec<_> = faults.iter().map(|it| it.0).collect();
            assert_eq!(found, *codes, "{password:?}");
        }
    }

    #[tokio::test]
    async fn an_identifier_inside_a_good_password_is_no_matter() {
        let person = [&"eva@example.org".to_owned(), &"eva".to_owned(), &"Eva".to_owned()];
        assert_eq!(check("eva climbs eleven quiet towers", person, &RULES).await, []);
    }
}
