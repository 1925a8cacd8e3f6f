//! Where a step belongs, as W3C Trace Context writes it: `00-<trace>-<span>-<flags>`.
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

/// Version 00's length. A newer version may go on behind it.
const CHARS: usize = 55;

pub(crate) fn write(at: &SpanContext) -> String {
    let flags = if at.is_sampled() { "01" } else { "00" };
    format!("00-{}-{}-{flags}", at.trace_id(), at.span_id())
}

/// `None` for what is no such text: it then names nothing, as if it had not been there.
pub(crate) fn read(text: &str) -> Option<SpanContext> {
    let known = text.get(..CHARS)?;
    let rest = &text[CHARS..];
    let mut parts = known.split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |part: &str, chars: usize| {
        part.len() == chars && part.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
    };
    let goes_on =
        if version == "00" { rest.is_empty() } else { rest.is_empty() || rest.starts_with('-') };
    let is_whole = is_hex(version, 2) && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2);
    if !is_whole || !goes_on || version == "ff" || parts.next().is_some() {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let trace = TraceId::from_hex(trace).ok()?;
    let at =
        SpanContext::new(trace, SpanId::from_hex(span).ok()?, flags, true, TraceState::default());
    // All zeros are nobody.
    at.is_valid().then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn what_was_written_is_read() {
        let at = read(GOOD).unwrap();
        assert!(at.is_sampled() && at.is_remote());
        assert_eq!(write(&at), GOOD);
        let unsampled = GOOD.replace("-01", "-00");
        assert_eq!(write(&read(&unsampled).unwrap()), unsampled);
        // Flags that this version does not know are not passed on.
        assert_eq!(write(&read(&GOOD.replace("-01", "-ff")).unwrap()), GOOD);
        // A newer version, of which only what is known is read.
        assert_eq!(write(&read(&format!("cc{}-more", &GOOD[2..])).unwrap()), GOOD);
    }

    #[test]
    fn what_is_no_such_text_names_nothing() {
        for bad in [
            "",
            "00",
            &GOOD[..54],
            &format!("{GOOD}0"),
            &format!("{GOOD}-more"),
            &GOOD.replace("0af7", "0AF7"),
            &GOOD.replace("0af7", "xyz7"),
            &GOOD.replace('-', "_"),
            &format!("ff{}", &GOOD[2..]),
            &format!("cc{}more", &GOOD[2..]),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333é-01",
            &"é".repeat(60),
        ] {
            assert!(read(bad).is_none(), "{bad:?}");
        }
    }
}
