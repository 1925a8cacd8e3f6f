//! What time makes unreadable.
mod given;

use domain::retention::{Retention, RetentionCommand, RetentionEvent};
use jiff::civil::{Date, date};

use given::check;

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
