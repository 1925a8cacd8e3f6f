//! How an answer is to be written: what the link says, or else what the client would rather have.
use axum::http::{HeaderMap, header};
use runtime::Problem;
use runtime::http::Parameters;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Csv,
    /// A JSON value a line.
    Ndjson,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    /// Its name, where it is the whole list.
    pub fn unless_paged(self) -> Option<&'static str> {
        (self != Self::Json).then(|| self.name())
    }

    /// Its media type, and the ranges that cover it, the most specific first.
    fn covering(self) -> [&'static str; 3] {
        match self {
            Self::Json => ["application/json", "application/*", "*/*"],
            Self::Csv => ["text/csv", "text/*", "*/*"],
            Self::Ndjson => ["application/x-ndjson", "application/*", "*/*"],
        }
    }

    /// One of `known`: what `?format=` says, or else what is accepted. Who accepts none gets the first all the same.
    pub fn take(
        parameters: &mut Parameters,
        headers: &HeaderMap,
        known: &[Self],
    ) -> Result<Self, Problem> {
        let names: Vec<&'static str> = known.iter().map(|it| it.name()).collect();
        let named = parameters.one_of("format", &names)?;
        let named = named.and_then(|name| known.iter().find(|it| it.name() == name).copied());
        Ok(named.unwrap_or_else(|| Self::preferred(headers, known)))
    }

    /// By weight (RFC 9110, section 12.5.1); of those that weigh the same, the first.
    fn preferred(headers: &HeaderMap, known: &[Self]) -> Self {
        let ranges = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
        let ranges: Vec<(&str, f32)> = ranges.flat_map(|it| it.split(',')).map(range).collect();
        // The most specific range that covers a type gives its weight.
        let weight = |it: Self| {
            let named = |name| ranges.iter().find(|it| it.0.eq_ignore_ascii_case(name));
            it.covering().into_iter().find_map(named).map_or(0.0, |it| it.1)
        };
        let (mut best, mut most) = (known.first().copied().unwrap_or(Self::Json), 0.0);
        for it in known {
            if most < weight(*it) {
                (best, most) = (*it, weight(*it));
            }
        }
        best
    }
}

/// `text/csv;q=0.5` → its type and its weight.
fn range(text: &str) -> (&str, f32) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|it| it.strip_prefix("q=").or_else(|| it.strip_prefix("Q=")));
    (name, weight.map_or(1.0, |it| it.parse().unwrap_or(0.0)))
}

#[cfg(test)]
mod tests {
    use super::Format::{Csv, Json, Ndjson};
    use super::*;

    #[test]
    #[rustfmt::skip] // a table
    fn what_weighs_most_is_written() {
        let preferred = |accept: &[&str]| {
            let mut headers = HeaderMap::new();
            for it in accept {
                headers.append(header::ACCEPT, it.parse().expect("a header value"));
            }
            Format::preferred(&headers, &[Json, Csv, Ndjson])
        };
        assert_eq!(preferred(&[]),                                            Json);
        assert_eq!(preferred(&["*/*"]),                                       Json);
        assert_eq!(preferred(&["text/csv"]),                                  Csv);
        assert_eq!(preferred(&["TEXT/CSV"]),                                  Csv);
        assert_eq!(preferred(&["text/*"]),                                    Csv);
        assert_eq!(preferred(&["application/json, text/csv"]),                Json);
        assert_eq!(preferred(&["application/json;q=0.5, text/csv;q=0.9"]),    Csv);
        assert_eq!(preferred(&["application/json;q=0.5", "text/csv"]),        Csv);
        assert_eq!(preferred(&["text/csv;q=0.1, */*;q=0.8"]),                 Json);
        assert_eq!(preferred(&["text/csv;q=0"]),                              Json);
        assert_eq!(preferred(&["text/csv; header=present; q=0.3"]),           Csv);
        assert_eq!(preferred(&["application/x-ndjson"]),                      Ndjson);
        assert_eq!(preferred(&["application/x-ndjson, text/csv;q=0.9"]),      Ndjson);
        assert_eq!(preferred(&["application/*"]),                             Json);
        assert_eq!(preferred(&["image/png"]),                                 Json);
        assert_eq!(preferred(&["text/csv;q=much"]),                           Json);
    }
}
