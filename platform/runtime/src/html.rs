//! Text in a page.

/// The text as an element's own, or as the value of an attribute in double quotes: none of it is taken for markup.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
