//! A message to somebody.
use domain::notices::{Delivery, Notice, NoticeCommand, NoticeEvent, NoticeRejection};
use uuid::Uuid;

use crate::given::check;

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

#[test]
fn what_a_provider_reports_never_goes_backwards() {
    use Delivery::{Accepted, Delivered, Failed, Undelivered};
    let report =
        |status| NoticeCommand::Report { message_id: "SM1".to_owned(), status, code: None };
    let reported =
        |status| NoticeEvent::DeliveryReported { message_id: "SM1".to_owned(), status, code: None };
    let sent = || {
        let [kind, channel, message_id] = ["reminder", "sms", "SM1"].map(str::to_owned);
        NoticeEvent::Sent { kind, channel, message_id }
    };
    let news = |status| Ok(vec![reported(status)]);
    let none = || Ok(vec![]);
    check::<Notice>("before the record", &[], report(Accepted), news(Accepted));
    check::<Notice>("twice", &[reported(Accepted)], report(Accepted), none());
    check::<Notice>("after the record", &[sent()], report(Accepted), none());
    check::<Notice>("arrived", &[sent()], report(Delivered), news(Delivered));
    check::<Notice>("arrived, again", &[sent(), reported(Delivered)], report(Delivered), none());
    check::<Notice>("did not arrive", &[sent()], report(Undelivered), news(Undelivered));
    for (told, late) in [
        (Delivered, Accepted),
        (Delivered, Undelivered),
        (Delivered, Failed),
        (Undelivered, Accepted),
        (Undelivered, Failed),
        (Failed, Undelivered),
    ] {
        check::<Notice>("too late", &[sent(), reported(told)], report(late), none());
    }
    check::<Notice>("after all", &[sent(), reported(Failed)], report(Delivered), news(Delivered));
    let send = || {
        let [kind, channel, message_id] = ["reminder", "sms", "SM1"].map(str::to_owned);
        NoticeCommand::Send { kind, channel, message_id }
    };
    check::<Notice>("recorded late", &[reported(Delivered)], send(), Ok(vec![sent()]));
}

#[test]
fn what_was_given_up_and_nothing_else_is_tried_again() {
    let request = Uuid::from_u128(1);
    let resend = |is_dead| NoticeCommand::Resend { request, is_dead };
    let asked = || NoticeEvent::ResendRequested { request };
    let sent = || {
        let [kind, channel, message_id] = ["reminder", "mail", "m1"].map(str::to_owned);
        NoticeEvent::Sent { kind, channel, message_id }
    };
    check::<Notice>("given up", &[], resend(true), Ok(vec![asked()]));
    check::<Notice>("still tried", &[], resend(false), Err(NoticeRejection::NotDead));
    check::<Notice>("asked twice", &[asked()], resend(true), Ok(vec![]));
    check::<Notice>("asked twice, and tried since", &[asked()], resend(false), Ok(vec![]));
    // What is said of the table may be old: the log knows better.
    check::<Notice>("sent", &[sent()], resend(true), Err(NoticeRejection::NotDead));
    check::<Notice>("sent since", &[asked(), sent()], resend(true), Ok(vec![]));
}
