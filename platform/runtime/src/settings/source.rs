//! Where values come from: the environment, over a file. Everything wrong is collected, nothing stops at the first.
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use secrecy::SecretString;
use toml::Value;

use super::{Faults, From, Given};

/// Names are the environment's; the file has the same in lower case.
pub(super) struct Source {
    environment: HashMap<String, OsString>,
    file: toml::Table,
    /// Every name that was asked for, so that what else is in the file is known to be a mistake.
    asked: BTreeSet<String>,
    /// What became of each name that was asked for.
    given: BTreeMap<String, Given>,
    faults: Vec<String>,
}

impl Source {
    /// The environment, over the file that `COURTSIDE_CONFIG` names, if it does.
    pub fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let environment = environment
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect();
        let mut source = Self {
            environment,
            file: toml::Table::new(),
            asked: BTreeSet::new(),
            given: BTreeMap::new(),
            faults: Vec::new(),
        };
        if let Some(path) = source.variable("COURTSIDE_CONFIG") {
            match read(Path::new(&path)) {
                Ok(file) => source.file = file,
                Err(why) => source.fault(format!("COURTSIDE_CONFIG names {path}: {why}")),
            }
        }
        source
    }

    pub fn fault(&mut self, what: impl Into<String>) {
        self.faults.push(what.into());
    }

    /// A value that may be shown in a fault, and how it came to be called.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.asked.insert(name.to_owned());
        let (value, from) = match (self.variable(name), self.entry(name)) {
            (Some(value), _) => (Some(value), From::Environment),
            (None, Some(value)) => (Some(value), From::File),
            (None, None) => (None, From::Default),
        };
        self.given.insert(name.to_owned(), Given { value: value.clone(), from });
        value
    }

    /// What was asked for so far, by name, and where it came from.
    pub fn given(&self) -> BTreeMap<String, Given> {
        self.given.clone()
    }

    /// The value of `name`, or `default` when it is not given; `expected` completes "expected …".
    pub fn value<T: FromStr>(&mut self, name: &str, default: T, expected: impl Display) -> T {
        self.checked(name, default, expected, |_| true)
    }

    /// Like [`Self::value`], for a type that holds more than is allowed.
    pub fn checked<T: FromStr>(
        &mut self,
        name: &str,
        default: T,
        expected: impl Display,
        allowed: impl FnOnce(&T) -> bool,
    ) -> T {
        let Some(text) = self.text(name) else { return default };
        if let Ok(value) = text.parse::<T>()
            && allowed(&value)
        {
            return value;
        }
        self.fault(format!("{name} is {text:?}: expected {expected}"));
        default
    }

    /// `true`/`false` or `1`/`0`.
    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.text(name).as_deref() {
            None => default,
            Some("true" | "1") => true,
            Some("false" | "0") => false,
            Some(other) => {
                let fault = format!("{name} is {other:?}: expected true or false");
                self.fault(fault);
                default
            }
        }
    }

    /// A value that is never shown, given itself or as the file that `<name>_FILE` names.
    pub fn secret(&mut self, name: &str) -> Option<SecretString> {
        let in_file = format!("{name}_FILE");
        self.asked.extend([name.to_owned(), in_file.clone()]);
        // Asked of each place apart: a variable that is set replaces the file's entry, however either is given.
        let mut given = (self.variable(name), self.variable(&in_file));
        let mut from = From::Environment;
        if given == (None, None) {
            given = (self.secret_entry(name), self.entry(&in_file));
            from = if given == (None, None) { From::Default } else { From::File };
        }
        // Of a secret, that it is there; of one in a file, which file.
        let value = match &given {
            (_, Some(path)) => Some(format!("in {path}")),
            (Some(_), None) => Some("***".to_owned()),
            (None, None) => None,
        };
        self.given.insert(name.to_owned(), Given { value, from });
        match given {
            (None, None) => None,
            (Some(value), None) => Some(value.into()),
            (None, Some(path)) => self.secret_file(&in_file, &path),
            (Some(_), Some(_)) => {
                self.fault(format!("{name} and {in_file} are both given: which one holds?"));
                None
            }
        }
    }

    /// A secret without which nothing runs.
    pub fn required(&mut self, name: &str) -> SecretString {
        let faults = self.faults.len();
        let value = self.secret(name);
        if value.is_none() && faults == self.faults.len() {
            self.fault(format!("{name} is missing"));
        }
        value.unwrap_or_default()
    }

    /// All that was wrong, once everything has been asked for.
    pub fn finish(mut self) -> Result<(), Faults> {
        for key in self.file.keys() {
            if !self.asked.contains(&key.to_ascii_uppercase())
                || key.bytes().any(|it| it.is_ascii_uppercase())
            {
                self.faults.push(format!("{key} in the file of COURTSIDE_CONFIG is not a setting"));
            }
        }
        self.so_far()
    }

    /// What was wrong with that which was asked for, where that was not everything.
    pub fn so_far(self) -> Result<(), Faults> {
        if self.faults.is_empty() { Ok(()) } else { Err(Faults(self.faults)) }
    }

    /// A variable of the environment. An empty one is one not given: Compose passes what is unset as empty.
    fn variable(&mut self, name: &str) -> Option<String> {
        let value = self.environment.get(name).filter(|it| !it.is_empty())?;
        let value = value.to_str().map(ToOwned::to_owned);
        if value.is_none() {
            self.fault(format!("{name} is not UTF-8"));
        }
        value
    }

    /// An entry of the file; lists are joined by commas, as the environment has them.
    fn entry(&mut self, name: &str) -> Option<String> {
        let value = self.file.get(&name.to_ascii_lowercase())?;
        let text = match value {
            Value::Array(items) => {
                items.iter().map(scalar).collect::<Option<Vec<_>>>().map(|it| it.join(","))
            }
            value => scalar(value),
        };
        if text.is_none() {
            self.fault(format!("{name} in the file of COURTSIDE_CONFIG is neither text, number, truth value nor list"));
        }
        text
    }

    /// A secret in the file is text: a number would lose its zeros.
    fn secret_entry(&mut self, name: &str) -> Option<String> {
        let value = self.file.get(&name.to_ascii_lowercase())?;
        let text = value.as_str().map(ToOwned::to_owned);
        if text.is_none() {
            self.fault(format!("{name} in the file of COURTSIDE_CONFIG is not text in quotes"));
        }
        text
    }

    /// One trailing newline is the editor's, not the secret's.
    fn secret_file(&mut self, name: &str, path: &str) -> Option<SecretString> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let value = text.strip_suffix('\n').unwrap_or(&text);
                let value = value.strip_suffix('\r').unwrap_or(value);
                if value.is_empty() {
                    self.fault(format!("{name} names {path}: it is empty"));
                    return None;
                }
                Some(value.into())
            }
            Err(error) => {
                self.fault(format!("{name} names {path}: {error}"));
                None
            }
        }
    }
}

fn read(path: &Path) -> Result<toml::Table, String> {
    let text = std::fs::read_to_string(path).map_err(|it| it.to_string())?;
    // The whole report of the parser quotes the line at fault, which may hold a secret.
    text.parse::<toml::Table>().map_err(|it| it.message().to_owned())
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}
