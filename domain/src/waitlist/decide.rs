use super::{
    Join, MAX_JOINS, MAX_LAPSED, MAX_OWN, MAX_WAITING, Offer, OfferEnd, WaiterState, WaitingId,
    Waitlist, WaitlistEvent as E, WaitlistRejection as R, Wish,
};
use crate::ids::BookingId;
use crate::policies::{self, Refusal};

type Decision = Result<Vec<E>, R>;

pub(super) fn join(list: &Waitlist, join: Join) -> Decision {
    // Before any rule about time: the answer to a retry does not change because time passed.
    if let Some(known) = list.find(&join.waiting) {
        let is_same = known.user == join.user && known.wish == join.wish;
        return if is_same { Ok(vec![]) } else { Err(R::WaitingDiffers) };
    }
    check(&join)?;
    let Join { waiting, user, wish, at, .. } = join;
    if list.waiting(at).any(|it| it.user == user && it.wish == wish) {
        return Err(R::AlreadyWaiting);
    }
    if MAX_OWN <= list.waiting(at).filter(|it| it.user == user).count() {
        return Err(R::TooManyWishes);
    }
    if MAX_JOINS <= list.waiters.iter().filter(|it| it.user == user).count() {
        return Err(R::TooManyJoins);
    }
    if MAX_WAITING <= list.waiting(at).count() {
        return Err(R::Full);
    }
    Ok(vec![E::Joined { waiting, user, wish }])
}

/// Whether the venue may sell, by now, a place that they would take.
fn check(join: &Join) -> Result<(), R> {
    let Join { waiting, wish, venue, at, .. } = join;
    let Wish { from, to, minutes, .. } = wish;
    for (field, name) in [("kind", &wish.kind), ("surface", &wish.surface)] {
        if name.as_ref().is_some_and(|it| !policies::is_name(it)) {
            return Err(R::BadName { field });
        }
    }
    if to <= from {
        return Err(Refusal::EndBeforeStart.into());
    }
    if to <= at {
        return Err(Refusal::InThePast.into());
    }
    let (day_starts_at, day_ends_at) = policies::service_day(venue, waiting.date());
    if *from < day_starts_at || day_ends_at < *to {
        return Err(R::OutsideDay);
    }
    let (min_minutes, max_minutes) = (venue.policy.min_minutes, venue.policy.max_minutes);
    if *minutes < min_minutes {
        return Err(Refusal::TooShort { min_minutes }.into());
    }
    if *minutes > max_minutes {
        return Err(Refusal::TooLong { max_minutes }.into());
    }
    let Some(hours) = policies::open_hours(venue, waiting.date()) else {
        return Err(Refusal::OutsideHours { opens_at: None, closes_at: None }.into());
    };
    let places = wish.places(venue, waiting.date());
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        let is_open = hours.0 < *to && *from < hours.1;
        return Err(if is_open { R::NothingFits } else { policies::outside(Some(hours)).into() });
    };
    if last.0 <= *at {
        return Err(Refusal::InThePast.into());
    }
    let opens_at = policies::released_at(venue, first.0);
    if *at < opens_at {
        return Err(Refusal::TooFarAhead { opens_at }.into());
    }
    Ok(())
}

pub(super) fn leave(list: &Waitlist, waiting: WaitingId) -> Decision {
    match list.find(&waiting).map(|it| it.state) {
        Some(WaiterState::Waiting) => Ok(vec![E::Left { waiting }]),
        Some(WaiterState::Served | WaiterState::Left) => Ok(vec![]),
        None => Err(R::UnknownWaiting),
    }
}

pub(super) fn offer(list: &Waitlist, offer: Offer) -> Decision {
    let Offer { waiting, booking, starts_at, ends_at, until } = offer;
    let Some(waiter) = list.find(&waiting) else { return Err(R::UnknownWaiting) };
    if waiter.offers.iter().any(|it| it.booking == booking) {
        return Ok(vec![]);
    }
    if waiter.state != WaiterState::Waiting {
        return Err(R::NotWaiting);
    }
    if list.has_open_offer(waiter.user) {
        return Err(R::OfferOpen);
    }
    if waiter.was_offered(booking.court(), starts_at, ends_at) {
        return Err(R::OfferedBefore);
    }
    if list.open_offers().any(|it| it.overlaps(booking.court(), starts_at, ends_at)) {
        return Err(R::PlaceOffered);
    }
    Ok(vec![E::Offered { waiting, booking, starts_at, ends_at, until }])
}

pub(super) fn end_offer(list: &Waitlist, booking: &BookingId, how: OfferEnd) -> Decision {
    let mut offers =
        list.waiters.iter().flat_map(|it| it.offers.iter().map(move |offer| (it, offer)));
    let Some((waiter, offer)) = offers.find(|(_, it)| it.booking == *booking) else {
        return Err(R::UnknownOffer);
    };
    if offer.ended.is_some() {
        return Ok(vec![]);
    }
    let (waiting, booking) = (waiter.id.clone(), booking.clone());
    let mut events = vec![E::OfferEnded { waiting: waiting.clone(), booking, how }];
    let lapsed = waiter.offers.iter().filter(|it| it.ended == Some(OfferEnd::Lapsed)).count();
    let is_last = how == OfferEnd::Lapsed && MAX_LAPSED <= lapsed + 1;
    if is_last && waiter.state == WaiterState::Waiting {
        events.push(E::Left { waiting });
    }
    Ok(events)
}
