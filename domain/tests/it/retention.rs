//! What time makes unreadable.
use domain::retention::{Retention, RetentionCommand, RetentionEvent};
use jiff::civil::{Date, date};

use crate::given::check;

fn end(before: Date) -> RetentionCommand {
    RetentionCommand::EndUnknownLogins { before }
}

fn ended(before: Date) -> RetentionEvent {
    RetentionEvent::UnknownLoginsEnded { before }
}

#[test]
#[rustfmt::skip] // a table
fn it_only_ever_goes_on() {
    let (first, next) = (date(2026, 8, 22), date(2026, 8, 23));
    check::<Retention>("the first day",  &[],                          end(first), Ok(vec![ended(first)]));
    check::<Retention>("the next",       &[ended(first)],              end(next),  Ok(vec![ended(next)]));
    check::<Retention>("the same again", &[ended(first)],              end(first), Ok(vec![]));
    check::<Retention>("an old one",     &[ended(first), ended(next)], end(first), Ok(vec![]));
}

#[test]
#[rustfmt::skip] // a table
fn days_of_nobody_and_quarters_of_accounts_end_apart() {
    let (early, late) = (date(2025, 7, 1), date(2026, 8, 22));
    let quarters = |before| RetentionCommand::EndLogins { before };
    let over = |before| RetentionEvent::LoginsEnded { before };
    check::<Retention>("the first quarters", &[],                         quarters(early), Ok(vec![over(early)]));
    check::<Retention>("days are no matter", &[ended(late)],              quarters(early), Ok(vec![over(early)]));
    check::<Retention>("the same again",     &[over(early), ended(late)], quarters(early), Ok(vec![]));
    check::<Retention>("nor are quarters",   &[over(late)],               end(early),      Ok(vec![ended(early)]));
}
