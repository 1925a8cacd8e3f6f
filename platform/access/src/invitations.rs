//! The secret in a link by which people join a booking:
//! `base64url(generation ‖ HMAC-SHA-256(mail key, purpose ‖ generation ‖ booking) ‖ booking)`.
//!
//! Made when it is asked for and stored nowhere. Whether a link still counts is no question of its text: the list that it
//! leads to says which invitation is the newest.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::BookingId;
use hmac::{Hmac, Mac};
use secrecy::SecretString;
use sha2::Sha256;

use crate::keyed::keyed;

/// Makes and checks the secrets of invitations.
#[derive(Clone)]
pub struct Invitations {
    key: SecretString,
}

/// The number of an invitation, big-endian, and the MAC.
const GENERATION_BYTES: usize = 4;
const MAC_BYTES: usize = 32;

/// Begins what is authenticated, and ends in a zero byte; no code that is mailed begins so. Part of every link already passed
/// on: never changed.
const PURPOSE: &[u8] = b"join-booking\0";

impl Invitations {
    /// The mail key's: both secrets are put into somebody's hands to come back from there.
    pub fn new(mail_key: &SecretString) -> Self {
        Self { key: mail_key.clone() }
    }

    /// The secret of one invitation to `booking`, as it is called now: 78 to 86 characters of `A-Z a-z 0-9 - _`.
    pub fn token(&self, booking: &BookingId, generation: u32) -> String {
        let booking = booking.to_string();
        let mut bytes = generation.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.mac(&booking, generation).finalize().into_bytes());
        bytes.extend_from_slice(booking.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Which booking it leads to, as that was called then, and by which invitation, if it is one of ours. Compares in
    /// constant time.
    pub fn check(&self, token: &str) -> Option<(BookingId, u32)> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (generation, rest) = bytes.split_at_checked(GENERATION_BYTES)?;
        let (mac, booking) = rest.split_at_checked(MAC_BYTES)?;
        let generation = u32::from_be_bytes(generation.try_into().ok()?);
        let booking = std::str::from_utf8(booking).ok()?;
        self.mac(booking, generation).verify_slice(mac).ok()?;
        Some((booking.parse().ok()?, generation))
    }

    /// The purpose and the number have one length each, so no two inputs are the same bytes.
    fn mac(&self, booking: &str, generation: u32) -> Hmac<Sha256> {
        let mut mac = keyed(&self.key);
        mac.update(PURPOSE);
        mac.update(&generation.to_be_bytes());
        mac.update(booking.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOKING: &str = "2026-11-21-7FK2-9X3M2KQD";

    fn invitations(key: &str) -> Invitations {
        Invitations::new(&SecretString::from(key))
    }

    fn booking() -> BookingId {
        BOOKING.parse().unwrap()
    }

    #[test]
    fn a_link_says_which_booking_it_is_to_and_by_which_invitation() {
        let invitations = invitations("k");
        for generation in [1, 2, u32::MAX] {
            let token = invitations.token(&booking(), generation);
            assert_eq!(invitations.check(&token), Some((booking(), generation)));
            assert_eq!(token.len(), 80, "four bytes, thirty-two, and twenty-four of the id");
        }
        assert_ne!(invitations.token(&booking(), 1), invitations.token(&booking(), 2));
    }

    /// A deploy must not invalidate the links in people's hands.
    #[test]
    fn a_link_stays_the_same_for_ever() {
        assert_eq!(
            invitations("k").token(&booking(), 1),
            "AAAAAfvoEtsj5QHiBS7_xesAO5b19I147FHddN0s3lhTVnxxMjAyNi0xMS0yMS03RksyLTlYM00yS1FE"
        );
    }

    #[test]
    fn a_link_with_any_character_changed_is_not_ours() {
        let invitations = invitations("k");
        let token = invitations.token(&booking(), 1);
        for at in 0..token.len() {
            for other in ['A', 'B', '_', '=', ' '] {
                let mut changed: Vec<char> = token.chars().collect();
                if changed[at] != other {
                    changed[at] = other;
                    let changed: String = changed.into_iter().collect();
                    assert_eq!(invitations.check(&changed), None, "{changed}");
                }
            }
        }
        let (short, long) = (&token[..79], format!("{token}A"));
        for text in ["", "A", &token[..40], short, &long, "é"] {
            assert_eq!(invitations.check(text), None, "{text}");
        }
    }

    #[test]
    fn a_link_made_with_another_key_is_not_ours() {
        let token = invitations("k").token(&booking(), 1);
        assert_eq!(invitations("l").check(&token), None);
    }
}
