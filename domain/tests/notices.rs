//! A message to somebody.
mod given;

use domain::notices::{Notice, NoticeCommand, NoticeEvent};

use given::check;

#[test]
fn a_notice_is_sent_once() {
    let send = |id: &str| {
        let [kind, channel, message_id] = ["booking-confirmed", "mail", id].map(str::to_owned);
        NoticeCommand::Send { kind, channel, message_id }
    };
    let sent = || {
        let [kind, channel, message_id] = ["booking-confirmed", "mail", "m1"].map(str::to_owned);
        NoticeEvent::Sent { kind, channel, message_id }
    };
    check::<Notice>("the first time", &[], send("m1"), Ok(vec![sent()]));
    check::<Notice>("twice", &[sent()], send("m1"), Ok(vec![]));
    check::<Notice>("by two senders", &[sent()], send("m2"), Ok(vec![]));
}
