//! Who waits, whose turn it is, and what nobody is offered.
use domain::bookings::{
    BookingCommand, BookingEvent, BookingState, By, CourtDay, Hold, Holder, Place,
};
use domain::courts::Court;
use domain::ids::{BookingId, CourtCode, MalformedId, UserId};
use domain::policies::{Policy, Prices, Refusal, Release};
use domain::venues::Venue;
use domain::waitlist::WaitlistCommand::{EndOffer, Leave};
use domain::waitlist::WaitlistEvent::{Joined, Left, OfferEnded};
use domain::waitlist::{
    Ground, Join, MAX_JOINS, MAX_LAPSED, MAX_OWN, MAX_WAITING, Offer, OfferEnd, Offerable,
    WaitingId, Waitlist, WaitlistCommand, WaitlistEvent, WaitlistRejection as R, Wish, stream,
    venue_day,
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::given::{self, fold};
use crate::place::{self, at, date, venue};

const NOW: &str = "2026-11-20T10:00Z";
const FROM: &str = "2026-11-21T18:00+01:00";
const TO: &str = "2026-11-21T20:00+01:00";

fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

fn id(n: u128) -> WaitingId {
    WaitingId::derive(date("2026-11-21"), "riverside".parse().unwrap(), Uuid::from_u128(n))
}

fn wish(from: &str, to: &str, minutes: u32) -> Wish {
    let (from, to) = (at(from), at(to));
    Wish { from, to, minutes, court: None, kind: None, surface: None, indoor: None }
}

fn evening() -> Wish {
    wish(FROM, TO, 60)
}

/// Wish `n` of somebody, each a little different from the others.
fn another(n: u32) -> Wish {
    Wish { kind: Some(format!("kind {n}")), ..evening() }
}

fn join(n: u128, who: u128, wish: Wish) -> WaitlistCommand {
    let (waiting, user, venue, at) = (id(n), user(who), venue(), at(NOW));
    WaitlistCommand::Join(Box::new(Join { waiting, user, wish, venue, at }))
}

fn joined(n: u128, who: u128, wish: Wish) -> WaitlistEvent {
    Joined { waiting: id(n), user: user(who), wish }
}

fn code(text: &str) -> CourtCode {
    text.parse().unwrap()
}

fn hold_of(n: u128, court: &str, from: &str, to: &str) -> BookingId {
    let list: Waitlist = fold([joined(n, n, evening())]);
    list.waiters[0].offer_booking(&code(court), at(from), at(to))
}

fn offer(n: u128, court: &str, from: &str, to: &str) -> Offer {
    let booking = hold_of(n, court, from, to);
    let (starts_at, ends_at, until) = (at(from), at(to), at("2026-11-20T10:15Z"));
    Offer { waiting: id(n), booking, starts_at, ends_at, until }
}

fn offered(n: u128, court: &str, from: &str, to: &str) -> WaitlistEvent {
    let Offer { waiting, booking, starts_at, ends_at, until } = offer(n, court, from, to);
    WaitlistEvent::Offered { waiting, booking, starts_at, ends_at, until }
}

fn ended(n: u128, court: &str, from: &str, to: &str, how: OfferEnd) -> WaitlistEvent {
    OfferEnded { waiting: id(n), booking: hold_of(n, court, from, to), how }
}

#[track_caller]
fn check(
    case: &str,
    given: &[WaitlistEvent],
    when: WaitlistCommand,
    then: Result<Vec<WaitlistEvent>, R>,
) {
    given::check::<Waitlist>(case, given, when, then);
}

#[test]
fn who_joins_waits_and_a_repetition_changes_nothing() {
    let one = || joined(1, 1, evening());
    check("the first", &[], join(1, 1, evening()), Ok(vec![one()]));
    check("again", &[one()], join(1, 1, evening()), Ok(vec![]));
    let left = || Left { waiting: id(1) };
    check("again, after they left", &[one(), left()], join(1, 1, evening()), Ok(vec![]));
    let wider = || wish(FROM, "2026-11-21T21:00+01:00", 60);
    check("the id with another wish", &[one()], join(1, 1, wider()), Err(R::WaitingDiffers));
    check("the id of somebody else", &[one()], join(1, 2, evening()), Err(R::WaitingDiffers));
    check("the same wish twice", &[one()], join(2, 1, evening()), Err(R::AlreadyWaiting));
    let again = Ok(vec![joined(2, 1, evening())]);
    check("the same after they left", &[one(), left()], join(2, 1, evening()), again);
    let other = Ok(vec![joined(2, 2, evening())]);
    check("somebody else's same wish", &[one()], join(2, 2, evening()), other);
}

#[test]
fn lists_are_bounded() {
    let own = |n: usize| (0..u128::MAX).zip(0..u32::MAX).take(n);
    let wishes = |n| own(n).map(|(id, kind)| joined(id, 1, another(kind)));
    let mine: Vec<_> = wishes(MAX_OWN).collect();
    check("one too many of one's own", &mine, join(99, 1, evening()), Err(R::TooManyWishes));
    let left = own(MAX_JOINS).map(|it| Left { waiting: id(it.0) });
    let often: Vec<_> = wishes(MAX_JOINS).chain(left).collect();
    check("in and out without end", &often, join(99, 1, evening()), Err(R::TooManyJoins));
    let full: Vec<_> = own(MAX_WAITING).map(|it| joined(it.0, 1_000 + it.0, evening())).collect();
    check("a full list", &full, join(999, 1, evening()), Err(R::Full));
}

#[test]
fn what_can_never_be_offered_is_not_waited_for() {
    let refused = |case: &str, wish: Wish, why: R| check(case, &[], join(1, 1, wish), Err(why));
    refused("backwards", wish(TO, FROM, 60), Refusal::EndBeforeStart.into());
    refused("of no length", wish(FROM, FROM, 60), Refusal::EndBeforeStart.into());
    let short = Refusal::TooShort { min_minutes: 60 };
    refused("too short a stay", wish(FROM, TO, 30), short.into());
    let long = Refusal::TooLong { max_minutes: 180 };
    refused("too long a stay", wish(FROM, TO, 210), long.into());
    refused("longer than the window", wish(FROM, TO, 150), R::NothingFits);
    refused("off the grid", wish(FROM, TO, 75), R::NothingFits);
    refused(
        "between the lines of the grid",
        wish("2026-11-21T18:01+01:00", "2026-11-21T19:01+01:00", 60),
        R::NothingFits,
    );
    refused("into the next day", wish(FROM, "2026-11-22T06:00+01:00", 60), R::OutsideDay);
    refused("from the day before", wish("2026-11-21T03:00+01:00", TO, 60), R::OutsideDay);
    let mut nameless = evening();
    nameless.kind = Some(String::new());
    refused("no name of a kind", nameless, R::BadName { field: "kind" });
    let mut long_name = evening();
    long_name.surface = Some("x".repeat(101));
    refused("too long a name", long_name, R::BadName { field: "surface" });
}

#[test]
fn a_window_lies_ahead_and_within_what_the_venue_sells() {
    let asked = |case: &str, now: &str, change: fn(&mut Venue), why: Option<R>| {
        let mut venue = venue();
        change(&mut venue);
        let join = Join { waiting: id(1), user: user(1), wish: evening(), venue, at: at(now) };
        let then = why.map_or(Ok(vec![joined(1, 1, evening())]), Err);
        check(case, &[], WaitlistCommand::Join(Box::new(join)), then);
    };
    let past = || Some(Refusal::InThePast.into());
    asked("in time", "2026-11-21T18:59+01:00", |_| {}, None);
    asked("when the last one begins", "2026-11-21T19:00+01:00", |_| {}, past());
    asked("afterwards", "2026-11-25T10:00Z", |_| {}, past());
    let opens_at = at("2026-11-07T18:00+01:00");
    let far = |opens_at| Some(Refusal::TooFarAhead { opens_at }.into());
    asked("too far ahead", "2026-11-07T17:59+01:00", |_| {}, far(opens_at));
    asked("when the first can be had", "2026-11-07T18:00+01:00", |_| {}, None);
    let nine = |it: &mut Venue| {
        it.policy.release = Release::FixedTime { time: place::time("09:00") };
    };
    asked(
        "before it is released",
        "2026-11-07T08:59+01:00",
        nine,
        far(at("2026-11-07T09:00+01:00")),
    );
    let closed = |it: &mut Venue| {
        it.closed_on.insert(date("2026-11-21"));
    };
    let none = Refusal::OutsideHours { opens_at: None, closes_at: None };
    asked("on a closed day", NOW, closed, Some(none.into()));
    let early = |it: &mut Venue| {
        let hours =
            domain::policies::DayHours { open: place::time("06:00"), close: place::time("17:00") };
        it.hours_on.insert(date("2026-11-21"), hours);
    };
    let (opens_at, closes_at) =
        (Some(at("2026-11-21T06:00+01:00")), Some(at("2026-11-21T17:00+01:00")));
    asked("after hours", NOW, early, Some(Refusal::OutsideHours { opens_at, closes_at }.into()));
}

#[test]
fn who_leaves_is_gone_for_good() {
    let one = || joined(1, 1, evening());
    let left = || Left { waiting: id(1) };
    check("who waits", &[one()], Leave { waiting: id(1) }, Ok(vec![left()]));
    check("twice", &[one(), left()], Leave { waiting: id(1) }, Ok(vec![]));
    check("nobody", &[], Leave { waiting: id(1) }, Err(R::UnknownWaiting));
    let end = |how| ended(1, "A1", FROM, "2026-11-21T19:00+01:00", how);
    let out = || offered(1, "A1", FROM, "2026-11-21T19:00+01:00");
    let served = [one(), out(), end(OfferEnd::Accepted)];
    check("who has a place", &served, Leave { waiting: id(1) }, Ok(vec![]));
    let late = WaitlistCommand::Offer(offer(1, "A2", FROM, "2026-11-21T19:00+01:00"));
    check("an offer to who left", &[one(), left()], late.clone(), Err(R::NotWaiting));
    check("an offer to who is served", &served, late, Err(R::NotWaiting));
    // The hold is theirs until it ends, whether or not they wait for more.
    let how = OfferEnd::Declined;
    let booking = hold_of(1, "A1", FROM, "2026-11-21T19:00+01:00");
    check(
        "who left with an offer",
        &[one(), out(), left()],
        EndOffer { booking, how },
        Ok(vec![end(how)]),
    );
}

#[test]
fn a_place_is_offered_to_one_at_a_time_and_to_each_once() {
    let (seven, half) = ("2026-11-21T19:00+01:00", "2026-11-21T18:30+01:00");
    let two = || vec![joined(1, 1, evening()), joined(2, 2, evening())];
    let with = |more: Vec<WaitlistEvent>| two().into_iter().chain(more).collect::<Vec<_>>();
    let ask = |n, court, from, to| WaitlistCommand::Offer(offer(n, court, from, to));
    let out = || offered(1, "A1", FROM, seven);
    check("the first", &two(), ask(1, "A1", FROM, seven), Ok(vec![out()]));
    check("told again", &with(vec![out()]), ask(1, "A1", FROM, seven), Ok(vec![]));
    check("a second beside it", &with(vec![out()]), ask(1, "A2", FROM, seven), Err(R::OfferOpen));
    let busy = with(vec![out()]);
    check("to another", &busy, ask(2, "A1", FROM, seven), Err(R::PlaceOffered));
    check(
        "part of it to another",
        &busy,
        ask(2, "A1", half, "2026-11-21T19:30+01:00"),
        Err(R::PlaceOffered),
    );
    let beside = Ok(vec![offered(2, "A1", seven, TO)]);
    check("what follows it to another", &busy, ask(2, "A1", seven, TO), beside);

    for how in [OfferEnd::Lapsed, OfferEnd::Declined, OfferEnd::Withdrawn] {
        let over = with(vec![out(), ended(1, "A1", FROM, seven, how)]);
        let next = Ok(vec![offered(2, "A1", FROM, seven)]);
        check("the next in line", &over, ask(2, "A1", FROM, seven), next);
        check(
            "part of it again",
            &over,
            ask(1, "A1", half, "2026-11-21T19:30+01:00"),
            Err(R::OfferedBefore),
        );
        let elsewhere = Ok(vec![offered(1, "A2", FROM, seven)]);
        check("another court", &over, ask(1, "A2", FROM, seven), elsewhere);
        let booking = hold_of(1, "A1", FROM, seven);
        check("ended twice", &over, EndOffer { booking, how: OfferEnd::Accepted }, Ok(vec![]));
    }
    let booking = hold_of(1, "A1", FROM, seven);
    check(
        "never offered",
        &two(),
        EndOffer { booking, how: OfferEnd::Lapsed },
        Err(R::UnknownOffer),
    );
    check("to nobody", &[], ask(1, "A1", FROM, seven), Err(R::UnknownWaiting));
}

#[test]
fn who_never_answers_waits_no_more() {
    let half = "2026-11-21T18:30+01:00";
    let courts = ["A1", "A2", "A3"];
    let offered = |court| offered(1, court, FROM, half);
    let lapsed = |court| ended(1, court, FROM, half, OfferEnd::Lapsed);
    let end = |court, how| EndOffer { booking: hold_of(1, court, FROM, half), how };
    let mut given = vec![joined(1, 1, evening())];
    for court in &courts[..MAX_LAPSED - 1] {
        given.push(offered(court));
        check("not yet", &given, end(court, OfferEnd::Lapsed), Ok(vec![lapsed(court)]));
        given.push(lapsed(court));
    }
    given.push(offered("A3"));
    let left = || Left { waiting: id(1) };
    let last = Ok(vec![lapsed("A3"), left()]);
    check("the last", &given, end("A3", OfferEnd::Lapsed), last);
    let declined = ended(1, "A3", FROM, half, OfferEnd::Declined);
    check("an answer", &given, end("A3", OfferEnd::Declined), Ok(vec![declined]));
    given.push(left());
    check("who left before", &given, end("A3", OfferEnd::Lapsed), Ok(vec![lapsed("A3")]));
}

#[test]
fn an_offer_ends_as_its_hold_does() {
    use BookingState as S;
    let to = || "2026-11-21-A1-9X3M2KQD".parse().unwrap();
    let ends = [
        (S::Held, None),
        (S::Confirmed, Some(OfferEnd::Accepted)),
        (S::CheckedIn, Some(OfferEnd::Accepted)),
        (S::Missed, Some(OfferEnd::Accepted)),
        (S::Moved { to: to() }, Some(OfferEnd::Accepted)),
        (S::Expired, Some(OfferEnd::Lapsed)),
        (S::Released, Some(OfferEnd::Declined)),
        (S::Cancelled, Some(OfferEnd::Withdrawn)),
    ];
    for (state, end) in ends {
        assert_eq!(OfferEnd::of(&state, false), end, "{state:?}");
    }
    assert_eq!(OfferEnd::of(&S::Cancelled, true), Some(OfferEnd::Accepted), "taken, and cancelled");
}

fn ground(text: &str, kind: &str) -> Ground {
    let court = Court {
        venue: "riverside".parse().unwrap(),
        name: text.to_owned(),
        kind: kind.to_owned(),
        surface: "clay".to_owned(),
        indoor: false,
        prices: Prices::default().into(),
        service: [].into(),
    };
    Ground { code: code(text), court, court_revision: 0, day: CourtDay::default() }
}

/// Somebody else has this time, for good.
fn take(ground: &mut Ground, from: &str, to: &str, n: u128) {
    let place = Place {
        booking: BookingId::derive(date("2026-11-21"), ground.code.clone(), Uuid::from_u128(n)),
        starts_at: at(from),
        ends_at: at(to),
        at: at(NOW),
        venue: venue(),
        venue_revision: 0,
        court: ground.court.clone(),
        court_revision: 0,
    };
    let booking = place.booking.clone();
    let hold = Hold { place, by: Holder::Player(user(99)) };
    let by = By::Player;
    let confirm = BookingCommand::Confirm { booking, payment_reference: None, by, at: at(NOW) };
    for command in [BookingCommand::Hold(Box::new(hold)), confirm] {
        use domain::decider::Decider;
        let events: Vec<BookingEvent> = CourtDay::decide(&ground.day, command).unwrap();
        ground.day = events.into_iter().fold(std::mem::take(&mut ground.day), CourtDay::evolve);
    }
}

#[track_caller]
fn next(
    case: &str,
    given: &[WaitlistEvent],
    grounds: &[Ground],
    now: &str,
    then: Option<(&str, &str)>,
) {
    let list: Waitlist = fold(given.iter().cloned());
    let found = list.place_for(&list.waiters[0], &venue(), grounds, at(now));
    let starts = then.map(|(court, from)| (code(court), at(from)));
    assert_eq!(
        found.map(|Offerable { court, starts_at, .. }| (court, starts_at)),
        starts,
        "{case}"
    );
}

#[test]
fn the_earliest_place_that_fits_and_can_still_be_answered_is_next() {
    let wanted = || [joined(1, 1, evening())];
    let (half, seven) = ("2026-11-21T18:30+01:00", "2026-11-21T19:00+01:00");
    let one = || [ground("A1", "tennis")];
    next("an empty court", &wanted(), &one(), NOW, Some(("A1", FROM)));
    next("no court", &wanted(), &[], NOW, None);
    let mut busy = one();
    take(&mut busy[0], "2026-11-21T17:00+01:00", half, 7);
    next("when it becomes free", &wanted(), &busy, NOW, Some(("A1", half)));
    take(&mut busy[0], half, "2026-11-21T20:30+01:00", 8);
    next("never", &wanted(), &busy, NOW, None);
    let two = [busy[0].clone(), ground("A2", "tennis")];
    next("another court", &wanted(), &two, NOW, Some(("A2", FROM)));
    // A hold of 900 s would end with the start of play: the offer would be shorter than the venue promises.
    next(
        "a quarter of an hour before",
        &wanted(),
        &one(),
        "2026-11-21T17:45+01:00",
        Some(("A1", half)),
    );
    next("a moment earlier", &wanted(), &one(), "2026-11-21T17:44+01:00", Some(("A1", FROM)));
    next("too late for any", &wanted(), &one(), "2026-11-21T18:45+01:00", None);
    next("past", &wanted(), &one(), "2026-11-21T20:00+01:00", None);
    let padel = [joined(1, 1, Wish { kind: Some("padel".to_owned()), ..evening() })];
    next("no court of the kind", &padel, &one(), NOW, None);
    let both = [ground("A1", "tennis"), ground("P1", "padel")];
    next("the court of the kind", &padel, &both, NOW, Some(("P1", FROM)));
    let named = [joined(1, 1, Wish { court: Some(code("P1")), ..evening() })];
    next("the court by its code", &named, &both, NOW, Some(("P1", FROM)));
    let indoor = [joined(1, 1, Wish { indoor: Some(true), ..evening() })];
    next("no roof", &indoor, &both, NOW, None);

    let out = || offered(1, "A1", FROM, seven);
    let open = [joined(1, 1, evening()), out()];
    next("while an offer stands", &open, &both, NOW, None);
    let lapsed = [joined(1, 1, evening()), out(), ended(1, "A1", FROM, seven, OfferEnd::Lapsed)];
    next("nothing that was let go", &lapsed, &one(), NOW, Some(("A1", seven)));
    let served = [joined(1, 1, evening()), out(), ended(1, "A1", FROM, seven, OfferEnd::Accepted)];
    next("after an offer was accepted", &served, &both, NOW, None);
}

#[test]
fn policies_that_changed_since_are_asked_anew() {
    let list: Waitlist = fold([joined(1, 1, evening())]);
    let grounds = [ground("A1", "tennis")];
    let place = |change: fn(&mut Policy)| {
        let mut venue = venue();
        change(&mut venue.policy);
        list.place_for(&list.waiters[0], &venue, &grounds, at(NOW))
    };
    assert!(place(|_| {}).is_some());
    assert_eq!(place(|it| it.min_minutes = 90), None);
    assert_eq!(place(|it| it.hold_seconds = 24 * 60 * 60 * 2), None);
}

#[test]
fn ids_say_where_they_are() {
    let text = "2026-11-21-a-lake-by-9X3M2KQD";
    let id: WaitingId = text.parse().unwrap();
    assert_eq!((id.date(), id.venue().to_string()), (date("2026-11-21"), "a-lake-by".to_owned()));
    assert_eq!(
        (id.to_string(), id.stream()),
        (text.to_owned(), "waitlist-a-lake-by-2026-11-21".to_owned())
    );
    let found = venue_day(&id.stream()).unwrap();
    assert_eq!(stream(&found.0, found.1), id.stream());
    for text in [
        "",
        "2026-11-21",
        "2026-11-21-riverside",
        "2026-11-21-9X3M2KQD",
        "2026-11-21-r-9X3M2KQD",
        "2026-11-21-riverside-9x3m2kqd",
        "2026-11-31-riverside-9X3M2KQD",
        "ÄÄÄÄÄ-riverside-9X3M2KQD",
    ] {
        assert_eq!(text.parse::<WaitingId>(), Err(MalformedId::Waiting), "{text}");
    }
    for stream in
        ["waitlist-", "waitlist-2026-11-21", "waitlist-riverside", "courtday-A1-2026-11-21"]
    {
        assert_eq!(venue_day(stream), None, "{stream}");
    }
}

#[test]
fn the_command_that_holds_an_offer_is_the_same_for_ever() {
    let list: Waitlist = fold([joined(1, 1, evening())]);
    let to = at(FROM) + SignedDuration::from_mins(60);
    let command = list.waiters[0].offer_command(&code("A1"), at(FROM), to);
    assert_eq!(command, list.waiters[0].offer_command(&code("A1"), at(FROM), to));
    let other: Timestamp = to + SignedDuration::from_mins(30);
    assert_ne!(command, list.waiters[0].offer_command(&code("A1"), at(FROM), other));
    assert_ne!(command, list.waiters[0].offer_command(&code("A2"), at(FROM), to));
}
