//! Reminders that the desk asks for.
use domain::reminders::ReminderCommand::Request;
use domain::reminders::ReminderEvent::Requested;
use domain::reminders::ReminderRejection::TooMany;
use domain::reminders::Reminders;
use jiff::Timestamp;
use uuid::Uuid;

use crate::given::check;

#[test]
fn a_request_is_one_however_often_it_is_sent_and_the_fourth_is_too_many() {
    let booking = || "2026-11-21-7FK2-9X3M2KQD".parse().unwrap();
    let starts_at = Timestamp::UNIX_EPOCH;
    let request = |n| Request { booking: booking(), request: Uuid::from_u128(n), starts_at };
    let requested = |n| Requested { booking: booking(), request: Uuid::from_u128(n), starts_at };
    let three = || vec![requested(1), requested(2), requested(3)];
    check::<Reminders>("the first", &[], request(1), Ok(vec![requested(1)]));
    check::<Reminders>("another", &[requested(1)], request(2), Ok(vec![requested(2)]));
    check::<Reminders>("twice", &[requested(1)], request(1), Ok(vec![]));
    check::<Reminders>("the fourth", &three(), request(4), Err(TooMany));
    check::<Reminders>("the third, again", &three(), request(3), Ok(vec![]));
}
