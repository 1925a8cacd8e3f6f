//! What is said about SMS to a number.
use domain::numbers::NumberCommand::{Start, Stop};
use domain::numbers::NumberEvent::{OptedIn, OptedOut};
use domain::numbers::{Number, NumberCommand, NumberEvent};

use crate::given::check;

#[test]
fn the_last_word_stands_and_is_recorded_once() {
    let id = || "SM1".to_owned();
    let stop = || -> NumberCommand { Stop { message_id: id() } };
    let start = || -> NumberCommand { Start { message_id: id() } };
    let out = || -> NumberEvent { OptedOut { message_id: id() } };
    let back = || -> NumberEvent { OptedIn { message_id: id() } };
    check::<Number>("STOP", &[], stop(), Ok(vec![out()]));
    check::<Number>("STOP again", &[out()], stop(), Ok(vec![]));
    check::<Number>("START", &[out()], start(), Ok(vec![back()]));
    check::<Number>("START again", &[out(), back()], start(), Ok(vec![]));
    check::<Number>("START of nobody who stopped", &[], start(), Ok(vec![]));
    check::<Number>("STOP after all", &[out(), back()], stop(), Ok(vec![out()]));
}
