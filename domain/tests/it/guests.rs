//! Whom the desk booked for, until they want to be forgotten.
use domain::guests::{Guest, GuestCommand, GuestEvent, GuestRejection};

use crate::given::check;

#[test]
#[rustfmt::skip] // a table
fn a_guest_is_forgotten_once_and_for_good() {
    use GuestCommand::FinishErasure;
    use GuestEvent::Erased;
    let booking = || "2026-11-21-7FK2-9X3M2KQD".parse().unwrap();
    let (ask, asked) = (|| GuestCommand::RequestErasure { booking: booking() }, || GuestEvent::ErasureRequested { booking: booking() });

    check::<Guest>("asked",              &[],                     ask(),         Ok(vec![asked()]));
    check::<Guest>("asked twice",        &[asked()],              ask(),         Ok(vec![]));
    check::<Guest>("asked of nobody",    &[asked(), Erased {}],   ask(),         Ok(vec![]));
    check::<Guest>("done",               &[asked()],              FinishErasure, Ok(vec![Erased {}]));
    check::<Guest>("done twice",         &[asked(), Erased {}],   FinishErasure, Ok(vec![]));
    check::<Guest>("nobody asked",       &[],                     FinishErasure, Err(GuestRejection::ErasureNotRequested));
}
