//! Keys, and that each is a key of its own.
use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretString};

use super::Keys;
use super::source::Source;

/// 32 bytes as hex. Longer is not safer, and shorter is a mistake.
pub(super) fn key(from: &mut Source, name: &str) -> Option<SecretString> {
    let key = from.secret(name)?;
    let text = key.expose_secret();
    if !is_key(text) {
        from.fault(format!(
            "{name} is not 32 bytes as 64 hex digits; openssl rand -hex 32 makes one"
        ));
    }
    Some(key)
}

/// The version of `PEPPER`, and the peppers before it by theirs.
pub(super) fn peppers(from: &mut Source) -> (u32, Vec<(u32, SecretString)>) {
    let version =
        from.checked("PEPPER_VERSION", 1, "1 to 1000000", |it| (1..=1_000_000).contains(it));
    let Some(text) = from.secret("PEPPER_ALSO") else { return (version, Vec::new()) };
    let one = |it: &str| {
        let (number, key) = it.split_once(':')?;
        let number = number.parse::<u32>().ok().filter(|it| *it != version)?;
        is_key(key).then(|| (number, SecretString::from(key.to_owned())))
    };
    let also: Option<Vec<_>> = text.expose_secret().split_whitespace().map(one).collect();
    let numbers =
        |it: &[(u32, SecretString)]| it.iter().map(|it| it.0).collect::<BTreeSet<_>>().len();
    match also {
        Some(also) if !also.is_empty() && numbers(&also) == also.len() => (version, also),
        _ => {
            from.fault(
                "PEPPER_ALSO is not versions with 64 hex digits each, by spaces: 1:0011… 2:2233…, \
                 each version once and none of them PEPPER_VERSION",
            );
            (version, Vec::new())
        }
    }
}

fn is_key(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit())
}

/// One key in two places: whoever learns it in one has the other too, and neither can be exchanged alone.
pub(super) fn reused(from: &mut Source, keys: &Keys) {
    let all = [
        ("INDEX_KEY", &keys.index_key),
        ("PEPPER", &keys.pepper),
        ("REFRESH_KEY", &keys.refresh_key),
        ("MAIL_KEY", &keys.mail_key),
        ("AUDIT_KEY", &keys.audit_key),
        ("KEK", &keys.kek),
    ];
    let given: Vec<_> = all.iter().filter_map(|(name, key)| Some((name, key.as_ref()?))).collect();
    for (at, (name, key)) in given.iter().enumerate() {
        let same = given[..at].iter().find(|it| it.1.expose_secret() == key.expose_secret());
        if let Some((other, _)) = same {
            from.fault(format!(
                "{other} and {name} are the same key in production: give each its own"
            ));
        }
    }
}
