use jiff::Timestamp;
use uuid::Uuid;

use crate::ids::BookingId;

/// What may be asked for.
#[derive(Clone, Debug)]
pub enum ReminderCommand {
    /// Of a confirmed booking whose play has not begun; whoever asks has looked.
    Request { booking: BookingId, request: Uuid, starts_at: Timestamp },
}
