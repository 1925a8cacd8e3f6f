use uuid::Uuid;

/// What may be asked of a projection.
#[derive(Clone, Debug)]
pub enum ProjectionCommand {
    RequestRebuild { rebuild: Uuid },
    Switch { rebuild: Uuid },
    Abort { rebuild: Uuid, reason: String },
}
