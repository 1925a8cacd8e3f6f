//! Who plays along in a booking, and who may say so.
use domain::bookings::BookingState as S;
use domain::bookings::{BookingRejection as B, BookingState};
use domain::ids::{BookingId, UserId};
use domain::participants::ParticipantsCommand::{Invite, Join, Leave};
use domain::participants::ParticipantsEvent::{Invited, Joined, Left};
use domain::participants::ParticipantsRejection as R;
use domain::participants::{
    LeftBy, MAX_INVITATIONS, MAX_JOINS, MAX_PARTICIPANTS, Participants, ParticipantsCommand,
    ParticipantsEvent, Standing,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::given;

const BOOKER: u128 = 1;
const NOW: &str = "2026-11-21T18:00:00+01:00";
const END: &str = "2026-11-21T19:00:00+01:00";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

fn standing(state: BookingState, now: &str) -> Standing {
    let (booked_for, expired_at) = (Some(user(BOOKER)), at("2026-11-20T10:15:00Z"));
    Standing { booked_for, state, expired_at, ends_at: at(END), at: at(now) }
}

fn confirmed() -> Standing {
    standing(S::Confirmed, NOW)
}

fn join(n: u128, generation: u32) -> ParticipantsCommand {
    Join { user: user(n), generation, booking: confirmed() }
}

fn joined(n: u128) -> ParticipantsEvent {
    Joined { user: user(n) }
}

fn leave(n: u128, by: LeftBy) -> ParticipantsCommand {
    Leave { user: user(n), by }
}

fn left(n: u128, by: LeftBy) -> ParticipantsEvent {
    Left { user: user(n), by }
}

fn invited(generation: u32) -> ParticipantsEvent {
    Invited { generation }
}

#[track_caller]
fn check(
    case: &str,
    given: &[ParticipantsEvent],
    when: ParticipantsCommand,
    then: Result<Vec<ParticipantsEvent>, R>,
) {
    given::check::<Participants>(case, given, when, then);
}

#[test]
fn only_the_newest_invitation_lets_anybody_in() {
    let invite = || Invite { booking: confirmed() };
    check("the first", &[], invite(), Ok(vec![invited(1)]));
    check("another", &[invited(1)], invite(), Ok(vec![invited(2)]));
    check("by the first", &[invited(1)], join(2, 1), Ok(vec![joined(2)]));
    check("by none", &[], join(2, 1), Err(R::InvitationOver));
    check("by none, numbered as none is", &[], join(2, 0), Err(R::InvitationOver));
    let two = || vec![invited(1), invited(2)];
    check("by the one before", &two(), join(2, 1), Err(R::InvitationOver));
    check("by the newest", &two(), join(2, 2), Ok(vec![joined(2)]));
    check("by one that is not there yet", &two(), join(2, 3), Err(R::InvitationOver));
}

#[test]
fn who_is_on_the_list_is_on_it_once() {
    let list = || vec![invited(1), joined(2)];
    check("again", &list(), join(2, 1), Ok(vec![]));
    let later = [invited(1), joined(2), invited(2)];
    check("again, by a link that is over", &later, join(2, 1), Ok(vec![]));
    check("somebody else", &list(), join(3, 1), Ok(vec![joined(3)]));
    check("who has booked", &list(), join(BOOKER, 1), Ok(vec![]));
    check("who has booked, by no link", &list(), join(BOOKER, 7), Err(R::InvitationOver));
    let cancelled = Join { user: user(2), generation: 1, booking: standing(S::Cancelled, NOW) };
    check("again, and the booking is no more", &list(), cancelled, Ok(vec![]));
}

#[test]
fn who_was_taken_off_does_not_come_back_by_the_same_link() {
    let list = || vec![invited(1), joined(2)];
    for by in [LeftBy::Own, LeftBy::Booker, LeftBy::Desk] {
        check("who is on it", &list(), leave(2, by), Ok(vec![left(2, by)]));
        let gone = [invited(1), joined(2), left(2, by)];
        check("twice", &gone, leave(2, by), Ok(vec![]));
        check("who never was", &list(), leave(3, by), Ok(vec![]));
        let then = if by == LeftBy::Own { Ok(vec![joined(2)]) } else { Err(R::InvitationOver) };
        check("back by the same link", &gone, join(2, 1), then);
        check("somebody else by it", &gone, join(3, 1), Ok(vec![joined(3)]));
        let anew = [invited(1), joined(2), left(2, by), invited(2)];
        check("back by a new one", &anew, join(2, 2), Ok(vec![joined(2)]));
    }
    // What somebody did by themselves before does not weigh less than what was done to them later.
    let twice = [invited(1), joined(2), left(2, LeftBy::Own), joined(2), left(2, LeftBy::Booker)];
    check("in and out, and taken off", &twice, join(2, 1), Err(R::InvitationOver));
}

#[test]
fn a_list_is_bounded() {
    let others = |n: usize| (10..).take(n).map(joined);
    let full: Vec<_> = [invited(1)].into_iter().chain(others(MAX_PARTICIPANTS)).collect();
    check("one too many", &full, join(2, 1), Err(R::Full));
    check("who is on it", &full, join(10, 1), Ok(vec![]));
    let room: Vec<_> = full.iter().cloned().chain([left(10, LeftBy::Own)]).collect();
    check("where somebody left", &room, join(2, 1), Ok(vec![joined(2)]));
    let in_and_out = (0..MAX_JOINS).flat_map(|_| [joined(2), left(2, LeftBy::Own)]);
    let often: Vec<_> = [invited(1)].into_iter().chain(in_and_out).collect();
    check("in and out without end", &often, join(2, 1), Err(R::TooManyJoins));
    let links: Vec<_> = (1..=MAX_INVITATIONS).map(invited).collect();
    let invite = Invite { booking: confirmed() };
    check("links without end", &links, invite, Err(R::TooManyInvitations));
    check("by the last of them", &links, join(2, MAX_INVITATIONS), Ok(vec![joined(2)]));
}

#[test]
fn nobody_is_asked_to_play_what_is_over_and_everybody_may_leave_it() {
    let to: BookingId = "2026-11-22-7FK2-9X3M2KQD".parse().unwrap();
    let expired_at = at("2026-11-20T10:15:00Z");
    let before = "2026-11-21T18:59:00+01:00";
    for (case, state, now, why) in [
        ("held", S::Held, NOW, None),
        ("confirmed", S::Confirmed, NOW, None),
        ("checked in", S::CheckedIn, before, None),
        ("in the last minute", S::Confirmed, before, None),
        ("at the end", S::Confirmed, END, Some(B::AlreadyOver)),
        ("at the end, and there", S::CheckedIn, END, Some(B::AlreadyOver)),
        ("missed", S::Missed, END, Some(B::AlreadyOver)),
        ("run out", S::Expired, NOW, Some(B::HoldExpired { expired_at })),
        ("released", S::Released, NOW, Some(B::AlreadyReleased)),
        ("cancelled", S::Cancelled, NOW, Some(B::AlreadyCancelled)),
        ("moved", S::Moved { to: to.clone() }, NOW, Some(B::BookingMoved { to })),
    ] {
        let list = [invited(1), joined(3)];
        let refused = why.map(R::Booking);
        let then = refused.clone().map_or(Ok(vec![joined(2)]), Err);
        let booking = standing(state, now);
        let join = Join { user: user(2), generation: 1, booking: booking.clone() };
        check(case, &list, join, then);
        let then = refused.map_or(Ok(vec![invited(2)]), Err);
        check(case, &list, Invite { booking }, then);
        check(case, &list, leave(3, LeftBy::Own), Ok(vec![left(3, LeftBy::Own)]));
    }
}
