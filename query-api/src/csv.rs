//! Tables for spreadsheets (RFC 4180), of texts alone: no cell is a formula.
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// A table with a row of names, to be kept as `<name>.csv`.
pub fn answer(name: &str, body: impl Into<Body>) -> Response {
    let mut response = body.into().into_response();
    let headers = response.headers_mut();
    let type_ = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    headers.insert(header::CONTENT_TYPE, type_);
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.csv\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

/// Nothing is an empty cell.
pub fn said(value: Option<&impl ToString>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

/// Adds a row to a table.
pub fn line(text: &mut String, cells: impl IntoIterator<Item = String>) {
    let cells: Vec<String> = cells.into_iter().map(|it| cell(&it)).collect();
    text.push_str(&cells.join(","));
    text.push_str("\r\n");
}

/// A spreadsheet takes what begins like this for a formula, and people choose their names. The apostrophe makes it
/// text, and programs that read the table can tell: nothing else here begins with one.
const FORMULAS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

fn cell(text: &str) -> String {
    let is_formula = text.trim_start().starts_with(FORMULAS) || text.starts_with(FORMULAS);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r', '\t', ';']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // a table
    fn cells_are_text_and_no_formulas() {
        for (text, written) in [
            ("",                              ""),
            ("Ana",                           "Ana"),
            ("Müller, Ana",                   "\"Müller, Ana\""),
            ("Ana \"Ace\" Müller",            "\"Ana \"\"Ace\"\" Müller\""),
            ("two\nlines",                    "\"two\nlines\""),
            ("=1+1",                          "'=1+1"),
            ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
            ("+49 30 1234",                   "'+49 30 1234"),
            ("-1",                            "'-1"),
            ("@SUM(A1)",                      "'@SUM(A1)"),
            ("  =1+1",                        "'  =1+1"),
            ("\t=1+1",                        "\"'\t=1+1\""),
            ("a;=1+1",                        "\"a;=1+1\""),
            ("a=b",                           "a=b"),
        ] {
            assert_eq!(cell(text), written, "{text:?}");
        }
    }
}
