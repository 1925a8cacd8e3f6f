use axum::http::{HeaderMap, header};
use runtime::Problem;
use runtime::http::Parameters;

/// How the sheet is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Csv,
}

impl Format {
    /// What the link says, or else what the client would rather have. Who accepts neither gets JSON all the same.
    pub fn take(parameters: &mut Parameters, headers: &HeaderMap) -> Result<Self, Problem> {
        Ok(match parameters.one_of("format", &["json", "csv"])? {
            Some("csv") => Self::Csv,
            Some(_) => Self::Json,
            None => Self::preferred(headers),
        })
    }

    /// By weight (RFC 9110, section 12.5.1); of two that weigh the same, JSON.
    fn preferred(headers: &HeaderMap) -> Self {
        let ranges = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
        let ranges: Vec<(&str, f32)> = ranges.flat_map(|it| it.split(',')).map(range).collect();
        // The most specific range that covers a type gives its weight.
        let weight = |covering: [&str; 3]| {
            let named = |name| ranges.iter().find(|it| it.0.eq_ignore_ascii_case(name));
            covering.into_iter().find_map(named).map_or(0.0, |it| it.1)
        };
        let csv = weight(["text/csv", "text/*", "*/*"]);
        let json = weight(["application/json", "application/*", "*/*"]);
        if json < csv { Self::Csv } else { Self::Json }
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
    use super::Format::{Csv, Json};
    use super::*;

    #[test]
    #[rustfmt::skip] // a table
    fn what_weighs_most_is_written() {
        let preferred = |accept: &[&str]| {
            let mut headers = HeaderMap::new();
            for it in accept {
                headers.append(header::ACCEPT, it.parse().expect("a header value"));
            }
            Format::preferred(&headers)
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
        assert_eq!(preferred(&["image/png"]),                                 Json);
        assert_eq!(preferred(&["text/csv;q=much"]),                           Json);
    }
}
