//! A weekly time, booked at once.
use domain::series::SeriesCommand::Record;
use domain::series::SeriesEvent::Booked;
use domain::series::{Occurrence, Series};
use jiff::Timestamp;

use crate::given::check;

#[test]
fn what_came_of_it_first_stays() {
    let court = || "RV01".parse().unwrap();
    let occurrence = |skipped: Option<&str>| {
        let (starts_at, ends_at) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let booking = skipped.is_none().then(|| "2026-11-21-7FK2-9X3M2KQD".parse().unwrap());
        Occurrence { starts_at, ends_at, booking, skipped: skipped.map(str::to_owned) }
    };
    let mixed = || vec![occurrence(None), occurrence(Some("slot-taken"))];
    let record = |occurrences| Record { court: court(), occurrences };
    let booked = || Booked { court: court(), occurrences: mixed() };
    check::<Series>("the first", &[], record(mixed()), Ok(vec![booked()]));
    check::<Series>("again", &[booked()], record(mixed()), Ok(vec![]));
    let better = vec![occurrence(None), occurrence(None)];
    check::<Series>("free by now", &[booked()], record(better), Ok(vec![]));
}
