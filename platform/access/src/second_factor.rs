//! One-time codes: by the clock (RFC 6238, as every authenticator has it), and for recovery.
//!
//! Whether a code was used before is not known here: the log decides that, where the login is recorded.
use domain::ids::UserId;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use totp_rs::{Builder, Secret, Totp};

use crate::keyed::keyed;

/// Makes and checks codes. Cheap to clone.
#[derive(Clone)]
pub struct SecondFactors {
    keyed: Hmac<Sha256>,
}

/// A code as somebody typed it.
pub enum Typed {
    /// Six digits.
    ByTheClock(String),
    /// The keyed hash that a recovery code would be kept as.
    Recovery(String),
    /// Nothing that was ever given out.
    Neither,
}

/// What is shown once, and what is kept.
pub struct RecoveryCodes {
    pub shown: Vec<String>,
    pub kept: Vec<String>,
}

/// RFC 4226 section 4: at least 128 bits, better 160.
const SECRET_BYTES: usize = 20;
const DIGITS: usize = 6;
/// One step of thirty seconds either way: clocks drift, and people type slowly.
const SKEW: u16 = 1;
/// What authenticators show above the code.
const ISSUER: &str = "Courtside";
const RECOVERY_CODES: usize = 10;
/// Fifty bits, and a keyed hash besides: nobody guesses one through a lock after five attempts.
const RECOVERY_CHARS: usize = 10;
/// Crockford's: no letter that reads like a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Begins what is hashed; no e-mail address or username is hashed under it.
const PURPOSE: &[u8] = b"recovery-code\0";

impl SecondFactors {
    pub fn new(index_key: &SecretString) -> Self {
        Self { keyed: keyed(index_key) }
    }

    /// A new secret, in base 32.
    pub fn secret(&self) -> SecretString {
        Secret::from(rand::random::<[u8; SECRET_BYTES]>()).to_base32().into()
    }

    /// What an authenticator scans. A username is plain ASCII, so that nothing has to be escaped.
    pub fn uri(&self, username: &str, secret: &SecretString) -> String {
        let secret = secret.expose_secret();
        format!(
            "otpauth://totp/{ISSUER}:{username}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period=30"
        )
    }

    /// The step whose code this is, of those that count at `at`. Compares in constant time.
    pub fn step(&self, secret: &str, code: &str, at: Timestamp) -> Option<u64> {
        totp(secret)?.check(code, u64::try_from(at.as_second()).ok()?)
    }

    /// Reads what somebody typed, blanks, hyphens and small letters as they like.
    pub fn typed(&self, user: UserId, code: &str) -> Typed {
        let plain: String = code
            .chars()
            .filter(|it| !it.is_whitespace() && *it != '-')
            .map(|it| it.to_ascii_uppercase())
            .collect();
        let plain = plain.replace('O', "0").replace(['I', 'L'], "1");
        match plain.len() {
            DIGITS if plain.bytes().all(|it| it.is_ascii_digit()) => Typed::ByTheClock(plain),
            RECOVERY_CHARS if plain.bytes().all(|it| ALPHABET.contains(&it)) => {
                Typed::Recovery(self.kept(user, &plain))
            }
            _ => Typed::Neither,
        }
    }

    /// Ten new recovery codes, each good for one login.
    pub fn recovery_codes(&self, user: UserId) -> RecoveryCodes {
        let plain: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
        RecoveryCodes {
            kept: plain.iter().map(|it| self.kept(user, it)).collect(),
            shown: plain
                .iter()
                .map(|it| {
                    let (one, other) = it.split_at(RECOVERY_CHARS / 2);
                    format!("{one}-{other}")
                })
                .collect(),
        }
    }

    fn kept(&self, user: UserId, plain: &str) -> String {
        let keyed = self.keyed.clone().chain_update(PURPOSE).chain_update(user.0);
        let hash = keyed.chain_update(plain).finalize().into_bytes();
        hex::encode(hash)
    }
}

/// 256 is a multiple of 32, so every letter is as likely as any.
fn recovery_code() -> String {
    let bytes: [u8; RECOVERY_CHARS] = rand::random();
    bytes.iter().map(|it| char::from(ALPHABET[usize::from(it % 32)])).collect()
}

fn totp(secret: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    Builder::new().with_secret(secret).with_skew(SKEW).build().ok()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const EVA: UserId = UserId(Uuid::from_u128(1));

    fn factors() -> SecondFactors {
        SecondFactors::new(&"0123456789abcdef".repeat(4).into())
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// RFC 6238, appendix B, the rows for SHA-1, cut to six digits as authenticators do.
    #[test]
    fn codes_are_those_of_the_standard() {
        const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = u64::try_from(second / 30).unwrap();
            assert_eq!(factors().step(SECRET, code, at(second)), Some(step), "{second}");
        }
    }

    #[test]
    fn a_code_counts_one_step_early_and_one_step_late() {
        const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (case, second, counts) in [
            ("its own step", 1_234_567_890, true),
            ("one before", 1_234_567_890 - 30, true),
            ("one after", 1_234_567_890 + 30, true),
            ("two before", 1_234_567_890 - 60, false),
            ("two after", 1_234_567_890 + 60, false),
        ] {
            assert_eq!(factors().step(SECRET, "005924", at(second)).is_some(), counts, "{case}");
        }
        for wrong in ["005925", "", "5924", "00592４", "0059240"] {
            assert_eq!(factors().step(SECRET, wrong, at(1_234_567_890)), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_recovery_code_is_known_however_it_is_typed_and_for_one_person_only() {
        let codes = factors().recovery_codes(EVA);
        assert_eq!((codes.shown.len(), codes.kept.len()), (RECOVERY_CODES, RECOVERY_CODES));
        let kept = |user, typed: &str| match factors().typed(user, typed) {
            Typed::Recovery(hash) => Some(hash),
            Typed::ByTheClock(_) | Typed::Neither => None,
        };
        let shown = &codes.shown[0];
        let spaced = shown.to_lowercase().replace('-', " ");
        for typed in [shown.clone(), spaced, shown.replace('0', "o").replace('1', "l")] {
            assert_eq!(kept(EVA, &typed).as_ref(), Some(&codes.kept[0]), "{typed}");
        }
        assert_ne!(kept(UserId(Uuid::nil()), shown).as_ref(), Some(&codes.kept[0]));
        let mut all = codes.kept.clone();
        all.dedup();
        assert_eq!(all.len(), RECOVERY_CODES);
    }

    #[test]
    fn what_was_never_given_out_is_neither() {
        for typed in ["", "12345", "1234567", "ABCDE-FGHJ", "ABCDE-FGHJU", "ÄBCDEFGHJK", "1234 5x"]
        {
            assert!(matches!(factors().typed(EVA, typed), Typed::Neither), "{typed:?}");
        }
        assert!(matches!(factors().typed(EVA, "123 456"), Typed::ByTheClock(it) if it == "123456"));
    }

    #[test]
    fn an_authenticator_reads_the_uri() {
        let secret = factors().secret();
        assert_eq!(secret.expose_secret().len(), 32, "160 bits in base 32");
        let uri = factors().uri("eva.lind_7", &secret);
        let expected = format!(
            "otpauth://totp/Courtside:eva.lind_7?secret={}&issuer=Courtside&algorithm=SHA1&digits=6&period=30",
            secret.expose_secret()
        );
        assert_eq!(uri, expected);
        assert_ne!(secret.expose_secret(), factors().secret().expose_secret());
    }
}
