use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    ExtendLease, FullQuota, Lease, LeaseState as S, Player, PlayerEvent as E, PlayerRejection as R,
    Quota, TakeLease, is_over,
};
use crate::ids::BookingId;

pub(super) fn take(player: &Player, take: TakeLease) -> Result<Vec<E>, R> {
    if let Some(other) = player.made_by(take.command).find(|it| **it != take.booking) {
        return Err(R::LeasedElsewhere { booking: other.clone() });
    }
    match player.leases.get(&take.booking).map(|it| &it.state) {
        Some(S::Confirmed { .. }) => return Ok(vec![]),
        Some(S::Held { until, .. }) if *until == take.until => return Ok(vec![]),
        _ if player.closed => return Err(R::Closed),
        // A repetition after a crash: it is counted already, and lasts as long as the hold that is made now.
        Some(S::Held { until, .. }) if take.at < *until => {}
        None | Some(S::Held { .. } | S::Returned) => check_quotas(player, &take)?,
    }
    let TakeLease { booking, reference, command, venue, until, at, .. } = take;
    Ok(vec![E::LeaseTaken { booking, reference, command, venue, until, at }])
}

pub(super) fn extend(player: &Player, extend: ExtendLease) -> Vec<E> {
    let ExtendLease { booking, reference, venue, generation, confirmed, until, at } = extend;
    let told = (generation, u8::from(confirmed));
    let known = player.leases.get(&booking);
    let is_news = known.is_none_or(|it| {
        it.standing() < told || it.standing() == told && ends(it).is_some_and(|it| it < until)
    });
    if !is_news || is_over(booking.date(), at) {
        return vec![];
    }
    vec![E::LeaseExtended { booking, reference, venue, generation, confirmed, until, at }]
}

/// Recorded even if nothing was lent: whoever comes later with older news must find that they are old.
pub(super) fn give_back(
    player: &Player,
    booking: BookingId,
    generation: u32,
    at: Timestamp,
) -> Vec<E> {
    let known = player.leases.get(&booking);
    let is_known = known.is_some_and(|it| S::Returned.standing(generation) <= it.standing());
    if is_known || is_over(booking.date(), at) {
        return vec![];
    }
    vec![E::LeaseReturned { booking, generation }]
}

pub(super) fn abandon(player: &Player, booking: BookingId, until: Timestamp) -> Vec<E> {
    match player.leases.get(&booking) {
        Some(Lease { generation: 1, state: S::Held { until: lent, .. }, .. }) if *lent == until => {
            vec![E::LeaseReturned { booking, generation: 0 }]
        }
        _ => vec![],
    }
}

fn check_quotas(player: &Player, take: &TakeLease) -> Result<(), R> {
    let Some(quotas) = take.quotas else { return Ok(()) };
    let (mut open, mut that_day, mut upcoming) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (id, lease) in &player.leases {
        let (venue, until, is_confirmed) = match &lease.state {
            S::Held { venue, until } => (venue, *until, false),
            S::Confirmed { venue, until } => (venue, *until, true),
            S::Returned => continue,
        };
        if *venue != take.venue {
            continue;
        }
        let (reference, is_alive) = (&lease.reference, take.at < until);
        if is_alive {
            upcoming.insert(reference);
        }
        // Where a booking moves to is no hold of somebody who may still think better of it.
        if is_alive && !is_confirmed && reference == id {
            open.insert(reference);
        }
        // What was played this morning was played: it counts for its day until the day is over.
        if id.date() == take.booking.date() && (is_alive || is_confirmed) {
            that_day.insert(reference);
        }
    }
    // A move makes nothing more of what lies ahead: it is asked of the day it goes to alone.
    let is_new = take.reference == take.booking;
    let raises_day = !that_day.contains(&take.reference);
    let full: Vec<FullQuota> = [
        (Quota::OpenHolds, is_new, open, quotas.open_holds),
        (Quota::BookingsPerDay, raises_day, that_day, quotas.bookings_per_day),
        (Quota::Upcoming, is_new, upcoming, quotas.upcoming),
    ]
    .into_iter()
    .filter(|(_, raises, counted, limit)| *raises && *limit as usize <= counted.len())
    .map(|(quota, _, _, limit)| FullQuota { quota, limit })
    .collect();
    if full.is_empty() { Ok(()) } else { Err(R::QuotaFull { full }) }
}

fn ends(lease: &Lease) -> Option<Timestamp> {
    match lease.state {
        S::Held { until, .. } | S::Confirmed { until, .. } => Some(until),
        S::Returned => None,
    }
}
