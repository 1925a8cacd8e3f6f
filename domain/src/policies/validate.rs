use super::{Fault, Policy, Release};

const DAY_MINUTES: u32 = 24 * 60;
/// A block cancels a court's whole day in one append, which takes 256 events: two for each paid booking and its own.
/// A day of 25 hours has at most a hundred of these, which leaves room for what was paid in several parts.
const MIN_BOOKING_MINUTES: u32 = 15;
/// A hold is a pause for thought, not a booking; a day leaves room for a bank transfer.
const MAX_HOLD_SECONDS: u32 = 24 * 60 * 60;
/// A year and a day: the same evening next year.
const MAX_ADVANCE_DAYS: u32 = 366;
/// Longer than any payment page waits.
const MAX_EXTENSION_SECONDS: u32 = 60 * 60;
/// More than anybody plays; who wants no quota says this.
const MAX_QUOTA: u32 = 1_000;
const MAX_REFUND_HOURS: u32 = MAX_ADVANCE_DAYS * 24;

impl Policy {
    /// Says what is wrong with a policy, if anything is.
    pub fn validate(&self) -> Result<(), Fault> {
        let fault = |field, why| Err(Fault { field, why });
        let grid = self.grid_minutes;
        if grid == 0 || !DAY_MINUTES.is_multiple_of(grid) {
            return fault("/grid_minutes", "the grid divides a day of 1440 minutes");
        }
        if self.min_minutes < MIN_BOOKING_MINUTES || !self.min_minutes.is_multiple_of(grid) {
            return fault(
                "/min_minutes",
                "the shortest booking is a multiple of the grid, from 15 minutes on",
            );
        }
        if self.max_minutes < self.min_minutes {
            return fault("/max_minutes", "the longest booking is not below the shortest");
        }
        if !self.max_minutes.is_multiple_of(grid) || self.max_minutes > DAY_MINUTES {
            return fault(
                "/max_minutes",
                "the longest booking is a multiple of the grid, up to a day",
            );
        }
        if !(1..=MAX_HOLD_SECONDS).contains(&self.hold_seconds) {
            return fault("/hold_seconds", "a hold lasts between 1 and 86400 seconds");
        }
        if !(1..=MAX_ADVANCE_DAYS).contains(&self.advance_days) {
            return fault("/advance_days", "bookings open between 1 and 366 days ahead");
        }
        if self.full_refund_hours > MAX_REFUND_HOURS {
            return fault(
                "/full_refund_hours",
                "the full refund ends at most 8784 hours before the start",
            );
        }
        if self.late_refund_percent > 100 {
            return fault("/late_refund_percent", "a share is between 0 and 100 percent");
        }
        if !(1..=MAX_EXTENSION_SECONDS).contains(&self.payment_extension_seconds) {
            return fault(
                "/payment_extension_seconds",
                "a payment extends a hold by 1 to 3600 seconds",
            );
        }
        if let Release::FixedTime { time } = self.release
            && (time.second() != 0 || time.subsec_nanosecond() != 0)
        {
            return fault("/release/time", "a day is released on a whole minute");
        }
        for (field, quota) in [
            ("/max_open_holds", self.max_open_holds),
            ("/max_bookings_per_day", self.max_bookings_per_day),
            ("/max_upcoming", self.max_upcoming),
        ] {
            if !(1..=MAX_QUOTA).contains(&quota) {
                return fault(field, "a quota is between 1 and 1000");
            }
        }
        Ok(())
    }
}
