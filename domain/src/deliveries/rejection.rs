/// Why something is not told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryRejection {
    #[error("it is still under way, or there is no such delivery")]
    NotEnded,
    #[error("what happened more than 30 days ago is not told again")]
    TooOld,
}
