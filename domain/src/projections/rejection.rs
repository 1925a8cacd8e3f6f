use uuid::Uuid;

/// Why a projection said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionRejection {
    #[error("the projection is already being rebuilt")]
    RebuildRunning { rebuild: Uuid },
    #[error("there is no such rebuild")]
    UnknownRebuild,
    #[error("the rebuild is over")]
    RebuildOver,
    #[error("the rebuild was ended without a switch")]
    RebuildAborted,
    #[error("the event is not parked")]
    NotParked { event: Uuid },
}
