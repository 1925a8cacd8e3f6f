//! Where administrators want to be told, and what became of each telling.
use std::net::IpAddr;

use domain::deliveries::{self, Delivery, DeliveryCommand, DeliveryEvent, DeliveryRejection, Told};
use domain::webhooks::WebhookCommand::{
    self, Add, Change, Remove, Resume, RotateSecret, Stop, Test,
};
use domain::webhooks::WebhookEvent::{
    self, Added, Changed, Removed, Resumed, SecretRotated, Stopped, TestRequested,
};
use domain::webhooks::WebhookRejection::{BadDescription, TooMany, UnknownType, UnknownWebhook};
use domain::webhooks::{MOST, StopCause, Wanted, Webhooks, is_public};
use jiff::Timestamp;
use uuid::Uuid;

use crate::given::check;

const HOOK: Uuid = Uuid::from_u128(1);
const REQUEST: Uuid = Uuid::from_u128(2);
const URL: &str = "https://club.example/hooks";

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|it| (*it).to_owned()).collect()
}

fn add(types: &[&str]) -> WebhookCommand {
    Add { webhook: HOOK, url: URL.into(), types: texts(types), description: "the door".into() }
}

fn added(types: &[&str]) -> WebhookEvent {
    Added { webhook: HOOK, url: URL.into(), types: texts(types), description: "the door".into() }
}

fn change(url: Option<&str>, types: Option<&[&str]>) -> WebhookCommand {
    let wanted = Wanted { url: url.map(str::to_owned), types: types.map(texts), description: None };
    Change { webhook: HOOK, wanted }
}

fn changed(url: &str, types: &[&str]) -> WebhookEvent {
    Changed { webhook: HOOK, url: url.into(), types: texts(types), description: "the door".into() }
}

fn rotated(generation: u32, request: u128) -> WebhookEvent {
    SecretRotated { webhook: HOOK, generation, request: Uuid::from_u128(request) }
}

#[test]
#[rustfmt::skip] // a table
fn a_webhook_is_added_changed_and_removed_once() {
    let [held, paid] = ["booking.held", "booking.payment-received"];
    let there = || vec![added(&[])];
    let gone = || vec![added(&[]), Removed { webhook: HOOK }];
    let remove = || Remove { webhook: HOOK };
    check::<Webhooks>("new",              &[],      add(&[paid, held, paid]),               Ok(vec![added(&[held, paid])]));
    check::<Webhooks>("twice",            &there(), add(&[]),                               Ok(vec![]));
    check::<Webhooks>("once removed",     &gone(),  add(&[]),                               Ok(vec![]));
    check::<Webhooks>("no such change",   &[],      add(&[held, "booking.sung"]),           Err(UnknownType { at: 1 }));
    check::<Webhooks>("a version",        &[],      add(&["booking.held.v1"]),              Err(UnknownType { at: 0 }));
    check::<Webhooks>("another place",    &there(), change(Some("https://b.example/"), None), Ok(vec![changed("https://b.example/", &[])]));
    check::<Webhooks>("fewer types",      &there(), change(None, Some(&[held])),            Ok(vec![changed(URL, &[held])]));
    check::<Webhooks>("no such change",   &there(), change(None, Some(&["x"])),             Err(UnknownType { at: 0 }));
    check::<Webhooks>("nothing new",      &there(), change(Some(URL), Some(&[])),           Ok(vec![]));
    check::<Webhooks>("nobody's",         &[],      change(Some(URL), None),                Err(UnknownWebhook));
    check::<Webhooks>("removed",          &there(), remove(),                               Ok(vec![Removed { webhook: HOOK }]));
    check::<Webhooks>("removed twice",    &gone(),  remove(),                               Ok(vec![]));
    check::<Webhooks>("never there",      &[],      remove(),                               Err(UnknownWebhook));
    check::<Webhooks>("changed too late", &gone(),  change(Some(URL), None),                Err(UnknownWebhook));
}

#[test]
#[rustfmt::skip] // a table
fn a_secret_rotates_once_for_one_request() {
    let rotate = |request| RotateSecret { webhook: HOOK, request: Uuid::from_u128(request) };
    let once = || vec![added(&[]), rotated(2, 1)];
    check::<Webhooks>("first",         &[added(&[])], rotate(1), Ok(vec![rotated(2, 1)]));
    check::<Webhooks>("the same",      &once(),       rotate(1), Ok(vec![]));
    check::<Webhooks>("another",       &once(),       rotate(2), Ok(vec![rotated(3, 2)]));
    check::<Webhooks>("nobody's",      &[],           rotate(1), Err(UnknownWebhook));
}

#[test]
#[rustfmt::skip] // a table
fn whoever_sends_stops_it_and_an_administrator_resumes_it() {
    let stop = |why| Stop { webhook: HOOK, why };
    let resume = || Resume { webhook: HOOK };
    let test = || Test { webhook: HOOK, request: REQUEST };
    let tested = || TestRequested { webhook: HOOK, request: REQUEST };
    let stopped = || vec![added(&[]), Stopped { webhook: HOOK, why: StopCause::Gone }];
    let gone = || vec![added(&[]), Removed { webhook: HOOK }];
    check::<Webhooks>("stopped",         &[added(&[])], stop(StopCause::Gone),    Ok(vec![Stopped { webhook: HOOK, why: StopCause::Gone }]));
    check::<Webhooks>("already stopped", &stopped(),    stop(StopCause::Failing), Ok(vec![]));
    check::<Webhooks>("removed before",  &gone(),       stop(StopCause::Failing), Ok(vec![]));
    check::<Webhooks>("resumed",         &stopped(),    resume(),                 Ok(vec![Resumed { webhook: HOOK }]));
    check::<Webhooks>("never stopped",   &[added(&[])], resume(),                 Ok(vec![]));
    check::<Webhooks>("nobody's",        &gone(),       resume(),                 Err(UnknownWebhook));
    check::<Webhooks>("tried",           &[added(&[])], test(),                   Ok(vec![tested()]));
    check::<Webhooks>("tried twice",     &[added(&[]), tested()], test(),         Ok(vec![]));
    check::<Webhooks>("nobody's trial",  &[],           test(),                   Err(UnknownWebhook));
}

#[test]
fn there_are_only_so_many_and_each_says_little_of_itself() {
    let numbered = |n: usize| Added {
        webhook: Uuid::from_u128(100 + u128::try_from(n).unwrap()),
        url: URL.into(),
        types: vec![],
        description: String::new(),
    };
    let mut full: Vec<WebhookEvent> = (0..MOST).map(numbered).collect();
    check::<Webhooks>("one too many", &full, add(&[]), Err(TooMany));
    full.push(Removed { webhook: Uuid::from_u128(100) });
    check::<Webhooks>("room again", &full, add(&[]), Ok(vec![added(&[])]));
    for description in ["x".repeat(201), "a\nb".to_owned()] {
        let new = Add { webhook: HOOK, url: URL.into(), types: vec![], description };
        check::<Webhooks>("a long story", &[], new, Err(BadDescription));
    }
}

fn t(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
#[rustfmt::skip] // a table
fn a_delivery_ends_once_and_is_told_again_by_another() {
    use DeliveryCommand::{GiveUp, Redeliver, Succeed};
    use DeliveryEvent::{GivenUp, RedeliveryRequested, Succeeded};
    let told = Told { webhook: HOOK, event: REQUEST, at: t("2026-11-21T09:00:00Z") };
    let succeed = || Succeed { told, attempts: 1, status: 204 };
    let give_up = || GiveUp { told, attempts: 10, status: None };
    let succeeded = || Succeeded { told, attempts: 1, status: 204 };
    let given_up = || GivenUp { told, attempts: 10, status: None };
    let again = |at| Redeliver { request: REQUEST, at: t(at) };
    let requested = || RedeliveryRequested { request: REQUEST };
    let (soon, late) = ("2026-12-21T09:00:00Z", "2026-12-21T09:00:01Z");
    check::<Delivery>("taken",          &[],                          succeed(),   Ok(vec![succeeded()]));
    check::<Delivery>("taken twice",    &[succeeded()],               succeed(),   Ok(vec![]));
    check::<Delivery>("given up",       &[],                          give_up(),   Ok(vec![given_up()]));
    check::<Delivery>("two senders",    &[succeeded()],               give_up(),   Ok(vec![]));
    check::<Delivery>("again",          &[given_up()],                again(soon), Ok(vec![requested()]));
    check::<Delivery>("for fun",        &[succeeded()],               again(soon), Ok(vec![requested()]));
    check::<Delivery>("asked twice",    &[given_up(), requested()],   again(late), Ok(vec![]));
    check::<Delivery>("after a month",  &[given_up()],                again(late), Err(DeliveryRejection::TooOld));
    check::<Delivery>("under way",      &[],                          again(soon), Err(DeliveryRejection::NotEnded));
}

/// Both are in every log: who derived others after an upgrade would send everything once more.
#[test]
fn ids_of_deliveries_stay_the_same_for_ever() {
    let id = "cfc0356d-8612-54eb-a4d2-4ba6b70a12f0";
    assert_eq!(deliveries::id(HOOK, REQUEST).to_string(), id);
    assert_eq!(deliveries::again(HOOK, REQUEST).to_string(), id);
}

#[test]
fn nobodys_own_network_is_public() {
    for (address, expected) in [
        ("93.184.216.34", true),
        ("9.255.255.255", true),
        ("172.15.255.255", true),
        ("172.32.0.1", true),
        ("100.63.255.255", true),
        ("100.128.0.1", true),
        ("198.17.255.255", true),
        ("223.255.255.255", true),
        ("0.0.0.0", false),
        ("0.1.2.3", false),
        ("10.0.0.1", false),
        ("127.0.0.1", false),
        ("127.255.255.254", false),
        ("169.254.169.254", false),
        ("172.16.0.1", false),
        ("172.31.255.255", false),
        ("192.168.1.1", false),
        ("100.64.0.1", false),
        ("192.0.0.8", false),
        ("192.0.2.1", false),
        ("198.18.0.1", false),
        ("198.19.255.255", false),
        ("224.0.0.1", false),
        ("255.255.255.255", false),
        ("2606:2800:220:1:248:1893:25c8:1946", true),
        ("2001:4860:4860::8888", true),
        ("::", false),
        ("::1", false),
        ("::127.0.0.1", false),
        ("::ffff:127.0.0.1", false),
        ("::ffff:93.184.216.34", true),
        ("64:ff9b::a9fe:a9fe", false),
        ("64:ff9b::5db8:d822", true),
        ("64:ff9b:1::1", false),
        ("2002:7f00:1::", false),
        ("2001::1", false),
        ("2001:db8::1", false),
        ("fc00::1", false),
        ("fd12::1", false),
        ("fe80::1", false),
        ("fec0::1", false),
        ("ff02::1", false),
    ] {
        assert_eq!(is_public(address.parse::<IpAddr>().unwrap()), expected, "{address}");
    }
}
