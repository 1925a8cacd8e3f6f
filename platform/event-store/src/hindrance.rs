//! What a store that answers cannot do before an operator has mended something.

/// Known by the store's own words or certificate, and told apart from an outage: waiting does not help, and nothing was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Hindrance {
    #[error("the role that the log is opened with lacks a right")]
    Rights,
    #[error("the log's server refuses the user or the password")]
    Login,
    #[error("the log's server takes no writes")]
    ReadOnly,
    #[error("the log's disk is full")]
    DiskFull,
    #[error("the log's database, table or function is not there")]
    Missing,
    #[error("the certificate of the log's server is by no authority that is trusted here")]
    Authority,
    #[error("the certificate of the log's server is for another host")]
    HostName,
    #[error("the certificate of the log's server is not valid")]
    Certificate,
    #[error("the log's server does not speak TLS")]
    Plaintext,
    #[error("the log's server speaks nothing but TLS")]
    Encrypted,
}

impl Hindrance {
    /// What to do about it, for whoever runs the system.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::Rights => "Grant the role of EVENT_STORE_URL what docs/rights.md lists.",
            Self::Login => "Correct the user or the password in EVENT_STORE_URL.",
            Self::ReadOnly => {
                "Let EVENT_STORE_URL name the primary, or end its read-only mode \
                 (default_transaction_read_only)."
            }
            Self::DiskFull => "Free or add disk space at the log's server.",
            Self::Missing => {
                "Create the database of EVENT_STORE_URL, or correct its name, and run courtside migrate."
            }
            Self::Authority => {
                "Name the authority's certificate in EVENT_STORE_URL (tlsCAFile=), or let this machine trust it."
            }
            Self::HostName => {
                "Let EVENT_STORE_URL name the server as its certificate does, or have one made for that name."
            }
            Self::Certificate => "Give the log's server a certificate that is valid now.",
            Self::Plaintext => {
                "Turn TLS on at the log's server, or say tls=false in EVENT_STORE_URL."
            }
            Self::Encrypted => "Say tls=true in EVENT_STORE_URL, which is what it is unless said.",
        }
    }
}
