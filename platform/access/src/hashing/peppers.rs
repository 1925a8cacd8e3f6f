use runtime::settings::Keys;
use secrecy::SecretString;

/// The pepper that new hashes are made with, and those that older ones were made with, each by its version.
pub struct Peppers {
    current: u32,
    all: Vec<(u32, SecretString)>,
}

impl Peppers {
    /// `None` where no pepper was given.
    pub fn of(keys: &Keys) -> Option<Self> {
        let current = keys.pepper_version;
        let mut all = vec![(current, keys.pepper.clone()?)];
        all.extend(keys.pepper_also.iter().cloned());
        Some(Self { current, all })
    }

    pub fn current(&self) -> u32 {
        self.current
    }

    pub fn get(&self, version: u32) -> Option<&SecretString> {
        self.all.iter().find(|it| it.0 == version).map(|it| &it.1)
    }

    #[cfg(test)]
    pub fn test(all: &[(u32, &str)]) -> Self {
        let all: Vec<_> = all.iter().map(|it| (it.0, SecretString::from(it.1))).collect();
        Self { current: all[0].0, all }
    }
}
