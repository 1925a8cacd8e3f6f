//! What is said in several languages.
use domain::users::Language;

/// The same in every language there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<T> {
    pub en: T,
    pub de: T,
}

impl<T> Words<T> {
    pub fn of(self, language: Language) -> T {
        match language {
            Language::En => self.en,
            Language::De => self.de,
        }
    }
}
