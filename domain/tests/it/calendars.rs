//! A person's link for calendar programs.
use domain::calendars::Calendar;
use domain::calendars::CalendarCommand::{Link, Unlink};
use domain::calendars::CalendarEvent::{Linked, Unlinked};

use crate::given::check;

#[test]
fn there_is_one_link_at_a_time() {
    let link = |digest: &str| Link { digest: digest.to_owned() };
    let linked = |digest: &str| Linked { digest: digest.to_owned() };
    check::<Calendar>("the first", &[], link("a"), Ok(vec![linked("a")]));
    check::<Calendar>("the same", &[linked("a")], link("a"), Ok(vec![]));
    check::<Calendar>("another", &[linked("a")], link("b"), Ok(vec![linked("b")]));
    check::<Calendar>("none", &[linked("a")], Unlink, Ok(vec![Unlinked {}]));
    check::<Calendar>("there was none", &[], Unlink, Ok(vec![]));
    check::<Calendar>("again none", &[linked("a"), Unlinked {}], Unlink, Ok(vec![]));
    check::<Calendar>("again one", &[linked("a"), Unlinked {}], link("a"), Ok(vec![linked("a")]));
}
