//! When a server that has had enough wants to be asked again: `Retry-After` of RFC 9110, section 10.2.3.
use http::{HeaderMap, header};
use jiff::{SignedDuration, Timestamp};

/// Seconds, or a date. However long it wants us to stay away, we look again after `longest`.
pub(crate) fn retry_after(
    headers: &HeaderMap,
    now: Timestamp,
    longest: SignedDuration,
) -> Option<SignedDuration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = text.parse::<u32>() {
        SignedDuration::from_secs(seconds.into())
    } else {
        jiff::fmt::rfc2822::parse(text).ok()?.timestamp().duration_since(now)
    };
    Some(wait.clamp(SignedDuration::ZERO, longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_waited_for_and_nothing_else_is() {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let day = SignedDuration::from_hours(24);
        for (text, seconds) in [
            ("7", Some(7)),
            (" 7 ", Some(7)),
            ("0", Some(0)),
            ("4294967295", Some(86_400)),
            ("4294967296", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("Sat, 21 Nov 2026 09:01:00 GMT", Some(60)),
            ("Sat, 21 Nov 2026 08:00:00 GMT", Some(0)),
            ("Mon, 23 Nov 2026 09:00:00 GMT", Some(86_400)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, text.parse().unwrap());
            let expected = seconds.map(SignedDuration::from_secs);
            assert_eq!(retry_after(&headers, now, day), expected, "{text:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now, day), None);
    }
}
