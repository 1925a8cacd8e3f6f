/// Why a guest said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuestRejection {
    #[error("nobody asked for it")]
    ErasureNotRequested,
}
