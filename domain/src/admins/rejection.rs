/// Why an administrator cannot go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdminRejection {
    #[error("nobody would be left who administers")]
    NobodyStays,
}
