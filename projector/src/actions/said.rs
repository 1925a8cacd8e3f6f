//! What an action's event says, of whichever kind it is: a new one is told without a word here.
use domain::sealed::Sealed;
use domain::service_accounts::SERVICE_ACCOUNTS;
use serde_json::{Map, Value};

/// Fields that may be shown: names of ours, numbers and times. What is not among them is left out: hashes of what
/// somebody typed, whatever is sealed, and what nobody has thought about.
const SHOWN: [&str; 42] = [
    "amount",
    "block",
    "booking",
    "by",
    "cause",
    "date",
    "day_starts_at",
    "ends_at",
    "expires_at",
    "from",
    "generation",
    "hours",
    "indoor",
    "key",
    "kid",
    "kind",
    "method",
    "moved_from",
    "name",
    "payment_reference",
    "policy",
    "price",
    "prices",
    "rebuild",
    "reference",
    "refund",
    "role",
    "scopes",
    "starts_at",
    "surface",
    "to",
    "until",
    "user",
    "venue",
    "venues",
    "verifies",
    "webhook",
    "week",
    "what",
    "why",
    "workers",
    "zone",
];

/// Of what is shown, whole objects of numbers, times and names of ours.
const WHOLE: [&str; 8] =
    ["amount", "hours", "policy", "price", "prices", "refund", "venues", "week"];

/// Ours are short: nothing longer is shown, whatever it is called.
const MAX_CHARS: usize = 200;

pub(super) fn details(said: &Value) -> Value {
    let mut shown = clean(said);
    if let (Some(shown), Some(user)) = (shown.as_object_mut(), said["booked_for"]["user"].as_str())
    {
        shown.insert("player".to_owned(), user.into());
    }
    shown
}

fn clean(said: &Value) -> Value {
    let fields = said.as_object().into_iter().flatten();
    let shown = fields.filter(|it| SHOWN.contains(&it.0.as_str())).filter_map(|(name, value)| {
        let value = match value {
            Value::Object(_) if !WHOLE.contains(&name.as_str()) => clean(value),
            Value::String(text) if is_sealed(text) || MAX_CHARS < text.len() => return None,
            Value::Null => return None,
            value => value.clone(),
        };
        Some((name.clone(), value))
    });
    Value::Object(shown.collect::<Map<_, _>>())
}

/// Why, in somebody's own words, and as which field it was sealed.
pub(super) fn reason(said: &Value) -> Option<(&'static str, Sealed)> {
    let places = [
        ("reason", &said["reason"]),
        ("overridden", &said["overridden"]),
        ("reason", &said["cause"]["reason"]),
    ];
    places.into_iter().find_map(|(field, value)| {
        let text = value.as_str().filter(|it| is_sealed(it))?;
        Some((field, Sealed(text.to_owned())))
    })
}

/// The booking, or else what the stream is of: a venue, a court, a court's day, somebody, some program, a projection.
pub(super) fn about(stream: &str, said: &Value) -> Option<String> {
    let rest = || stream.split_once('-').filter(|it| it.0 != "audit").map(|it| it.1);
    let about = stream.strip_prefix(SERVICE_ACCOUNTS).or_else(rest);
    said["booking"].as_str().or(about).map(str::to_owned)
}

/// As the vault writes it.
fn is_sealed(text: &str) -> bool {
    text.starts_with("v1.") && !text.contains(char::is_whitespace)
}
