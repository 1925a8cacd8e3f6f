//! What each mail says: as it is here, unless a folder has something else for it.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::users::Language;

use super::letter::{Letter, places};
use super::page;
use crate::words::Words;

/// A mail there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mail {
    AddressTaken,
    BookingCancelled,
    BookingConfirmed,
    BookingMoved,
    ChangeEmail,
    EmailChanged,
    FactorRemoved,
    LoginLocked,
    NewDevice,
    PasswordSet,
    PlaceOffered,
    Reminder,
    ResetPassword,
    TokenReused,
    VerifyEmail,
}

/// What it says in each language, and which places can be filled in it. Every mail has `{name}` and `{server}`.
struct Template {
    mail: Mail,
    name: &'static str,
    places: &'static [&'static str],
    text: Words<&'static str>,
}

macro_rules! template {
    ($mail:ident, $name:literal, $places:expr) => {
        Template {
            mail: Mail::$mail,
            name: $name,
            places: &$places,
            text: Words {
                en: include_str!(concat!($name, ".txt")),
                de: include_str!(concat!($name, ".de.txt")),
            },
        }
    };
}

const OURS: [Template; 15] = [
    template!(AddressTaken, "address-taken", []),
    template!(
        BookingCancelled,
        "booking-cancelled",
        ["when", "venue", "court", "reference", "why", "paid_back"]
    ),
    template!(BookingConfirmed, "booking-confirmed", ["when", "venue", "court", "reference"]),
    template!(BookingMoved, "booking-moved", ["when", "venue", "court", "reference", "before"]),
    template!(ChangeEmail, "change-email", ["code", "valid_until"]),
    template!(EmailChanged, "email-changed", ["at"]),
    template!(FactorRemoved, "factor-removed", ["at", "who"]),
    template!(LoginLocked, "login-locked", ["how_long"]),
    template!(NewDevice, "new-device", ["at", "user_agent", "address"]),
    template!(PasswordSet, "password-set", ["at", "how"]),
    template!(
        PlaceOffered,
        "place-offered",
        ["when", "venue", "court", "reference", "price", "until"]
    ),
    template!(Reminder, "reminder", ["when", "venue", "court", "reference"]),
    template!(ResetPassword, "reset-password", ["code", "valid_until"]),
    template!(TokenReused, "token-reused", ["at"]),
    template!(VerifyEmail, "verify-email", ["code", "valid_until"]),
];

const EVERYWHERE: [&str; 2] = ["name", "server"];
/// The page that every mail's HTML stands in.
const PAGE: &str = "page.html";

/// What is said, and how the page around it looks. Cheap to clone.
#[derive(Clone, Default)]
pub struct Templates {
    /// By the names of their files.
    theirs: Arc<BTreeMap<String, String>>,
}

/// A folder of templates holds something that would not become the mail somebody meant.
#[derive(Debug, thiserror::Error)]
pub enum BadTemplate {
    #[error("{}: {source}", .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{file}: no mail is called so; there are {}", names().join(", "))]
    Unknown { file: String },
    #[error("{file}: the first line is `Subject: …`, the second is empty, and the text follows")]
    Shape { file: String },
    #[error("{file}: {{{place}}} cannot be filled; what can is {}", .known.join(", "))]
    Place { file: String, place: String, known: Vec<&'static str> },
    #[error("{file}: {{body}} is missing, where the mail's text comes")]
    NoBody { file: String },
}

impl Templates {
    /// Reads the folder once, all of it: what is wrong in it is told before the first mail is sent.
    pub fn load(folder: Option<&Path>) -> Result<Self, BadTemplate> {
        let mut theirs = BTreeMap::new();
        let Some(folder) = folder else { return Ok(Self::default()) };
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| BadTemplate::Unreadable { path, source }
        };
        for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
            let path = entry.map_err(unreadable(folder))?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Where a volume is mounted its own files lie beside ours.
            if file.starts_with('.') {
                continue;
            }
            let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
            check(&file, &text)?;
            theirs.insert(file, text);
        }
        Ok(Self { theirs: Arc::new(theirs) })
    }

    /// The letter: text, and the same as a page.
    pub fn letter(
        &self,
        (mail, language): (Mail, Language),
        (address, name): (String, String),
        server: &str,
        values: &[(&str, String)],
    ) -> Letter {
        let server_value = ("server", server.to_owned());
        let values: Vec<_> = values.iter().cloned().chain([server_value]).collect();
        let mut letter = Letter::fill(self.text(mail, language), address, name, &values);
        letter.html = page::write(self.page(), language, &letter, server);
        letter
    }

    fn text(&self, mail: Mail, language: Language) -> &str {
        // Each mail has its line, as a test makes sure.
        let ours = OURS.iter().find(|it| it.mail == mail).unwrap_or(&OURS[0]);
        self.theirs
            .get(&file(ours, language))
            .map_or_else(|| ours.text.of(language), String::as_str)
    }

    fn page(&self) -> &str {
        self.theirs.get(PAGE).map_or(include_str!("page.html"), String::as_str)
    }
}

fn file(template: &Template, language: Language) -> String {
    format!("{}{}", template.name, Words { en: ".txt", de: ".de.txt" }.of(language))
}

fn names() -> Vec<String> {
    let each = |it| [file(it, Language::En), file(it, Language::De)];
    OURS.iter().flat_map(each).chain([PAGE.to_owned()]).collect()
}

fn check(name: &str, text: &str) -> Result<(), BadTemplate> {
    let named = || name.to_owned();
    if name == PAGE {
        let known = page::PLACES.to_vec();
        check_places(name, text, known)?;
        return if text.contains("{body}") {
            Ok(())
        } else {
            Err(BadTemplate::NoBody { file: named() })
        };
    }
    let languages = [Language::En, Language::De];
    let template = OURS.iter().find(|it| languages.iter().any(|of| file(it, *of) == name));
    let template = template.ok_or_else(|| BadTemplate::Unknown { file: named() })?;
    let (head, body) = text.trim_end().split_once("\n\n").unwrap_or_default();
    let subject = head.strip_prefix("Subject: ").unwrap_or_default();
    if subject.trim().is_empty() || subject.contains('\n') || body.trim().is_empty() {
        return Err(BadTemplate::Shape { file: named() });
    }
    check_places(name, text, EVERYWHERE.iter().chain(template.places).copied().collect())
}

fn check_places(name: &str, text: &str, known: Vec<&'static str>) -> Result<(), BadTemplate> {
    match places(text).find(|it| !known.contains(it)) {
        None => Ok(()),
        Some(place) => {
            Err(BadTemplate::Place { file: name.to_owned(), place: place.to_owned(), known })
        }
    }
}

#[cfg(test)]
mod tests;
