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
        // A repetition after a crash: it is counted already, and lasts as long as the hold that is made now.
        Some(S::Held { until, .. }) if take.at < *until => {}
        None | Some(S::Held { .. } | S::Returned) => check_quotas(player, &take)?,
    }
    let TakeLease { booking, command, venue, until, at, .. } = take;
    Ok(vec![E::LeaseTaken { booking, command, venue, until, at }])
}

pub(super) fn extend(player: &Player, extend: ExtendLease) -> Vec<E> {
    let ExtendLease { booking, venue, generation, confirmed, until, at } = extend;
    let told = (generation, u8::from(confirmed));
    let known = player.leases.get(&booking);
    let is_news = known.is_none_or(|it| {
        it.standing() < told || it.standing() == told && ends(it).is_some_and(|it| it < until)
    });
    if !is_news || is_over(booking.date(), at) {
        return vec![];
    }
    vec![E::LeaseExtended { booking, venue, generation, confirmed, until, at }]
}

/// Recorded even if nothing was lent: whoever comes later with older news must find that they are old.
pub(super) fn give_back(
    player: &Player,
    booking: BookingId,
    generation: u32,
    at: Timestamp,
) -> Vec<E> {
    let returned = Lease { command: None, generation, state: S::Returned };
    let known = player.leases.get(&booking);
    if known.is_some_and(|it| returned.standing() <= it.standing()) || is_over(booking.date(), at) {
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
    let (mut open, mut that_day, mut upcoming) = (0, 0, 0);
    for (id, lease) in &player.leases {
        let (venue, until, is_confirmed) = match &lease.state {
            S::Held { venue, until } => (venue, *until, false),
            S::Confirmed { venue, until } => (venue, *until, true),
            S::Returned => continue,
        };
        if *venue != take.venue {
            continue;
        }
        let is_alive = take.at < until;
        open += u32::from(is_alive && !is_confirmed);
        upcoming += u32::from(is_alive);
        // What was played this morning was played: it counts for its day until the day is over.
        that_day += u32::from(id.date() == take.booking.date() && (is_alive || is_confirmed));
    }
    let full: Vec<FullQuota> = [
        (Quota::OpenHolds, open, take.quotas.open_holds),
        (Quota::BookingsPerDay, that_day, take.quotas.bookings_per_day),
        (Quota::Upcoming, upcoming, take.quotas.upcoming),
    ]
    .into_iter()
    .filter(|(_, count, limit)| limit <= count)
    .map(|(quota, _, limit)| FullQuota { quota, limit })
    .collect();
    if full.is_empty() { Ok(()) } else { Err(R::QuotaFull { full }) }
}

fn ends(lease: &Lease) -> Option<Timestamp> {
    match lease.state {
        S::Held { until, .. } | S::Confirmed { until, .. } => Some(until),
        S::Returned => None,
    }
}
