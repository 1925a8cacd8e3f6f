/// Why a maintenance cannot begin like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MaintenanceRejection {
    #[error("people are told why: give a reason")]
    NoReason,
    #[error("the reason has more than {at_most} characters")]
    LongReason { at_most: usize },
    #[error("it would be over before it begins")]
    OverAlready,
}
