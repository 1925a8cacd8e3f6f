/// Why a session said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionRejection {
    #[error("there is no such session")]
    UnknownSession,
    #[error("the session is over")]
    Over,
    /// Never issued: a token of a number this session has not reached.
    #[error("the token was never issued")]
    NeverIssued,
}
