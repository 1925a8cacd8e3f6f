//! An identifier, claimed by ANNA until 12:15.
use domain::claims::ClaimCommand::{self, Confirm, Keep, Release};
use domain::claims::ClaimEvent::{self, Claimed, Confirmed, Released};
use domain::claims::ClaimRejection::{Lapsed, Pending, Taken, Unclaimed};
use domain::claims::{Claim, Holder};
use domain::decider::Decider;
use domain::ids::UserId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::given::{check, fold};

const ANNA: UserId = UserId(Uuid::from_u128(1));
const BELA: UserId = UserId(Uuid::from_u128(2));
const CARL: UserId = UserId(Uuid::from_u128(3));

fn t(time: &str) -> Timestamp {
    format!("2026-11-21T{time}:00Z").parse().unwrap()
}

fn claimed(user: UserId, until: &str) -> ClaimEvent {
    Claimed { user, until: t(until) }
}

fn claim(user: UserId, at: &str, fenced: Option<(UserId, u64)>) -> ClaimCommand {
    ClaimCommand::Claim { user, until: t("12:45"), at: t(at), fenced }
}

#[test]
#[rustfmt::skip] // a table
fn claiming() {
    let pending = || vec![claimed(ANNA, "12:15")];
    let owned = || vec![claimed(ANNA, "12:15"), Confirmed { user: ANNA }];
    let again = || vec![claimed(CARL, "11:00"), Released { user: CARL }, claimed(ANNA, "12:15")];
    let yes = |user| Ok(vec![claimed(user, "12:45")]);
    let lapsed = |claim_revision| Err(Lapsed { user: ANNA, claim_revision });

    check::<Claim>("free",                   &[],        claim(ANNA, "12:00", None),       yes(ANNA));
    check::<Claim>("given back",             &[claimed(ANNA, "12:15"), Released { user: ANNA }], claim(BELA, "12:00", None), yes(BELA));
    check::<Claim>("twice",                  &pending(), claim(ANNA, "12:01", None),       Ok(vec![]));
    check::<Claim>("twice, after its time",  &pending(), claim(ANNA, "12:30", None),       Ok(vec![]));
    check::<Claim>("by its owner",           &owned(),   claim(ANNA, "12:30", None),       Ok(vec![]));
    check::<Claim>("pending",                &pending(), claim(BELA, "12:14", None),       Err(Pending { user: ANNA, claim_revision: 0 }));
    check::<Claim>("lapsed",                 &pending(), claim(BELA, "12:15", None),       lapsed(0));
    check::<Claim>("lapsed, the third event", &again(),  claim(BELA, "12:15", None),       lapsed(2));
    check::<Claim>("lapsed and fenced",      &pending(), claim(BELA, "12:15", Some((ANNA, 0))), yes(BELA));
    check::<Claim>("fenced, by a slow clock", &pending(), claim(BELA, "12:14", Some((ANNA, 0))), yes(BELA));
    check::<Claim>("an older one fenced",    &again(),   claim(BELA, "12:15", Some((ANNA, 0))), lapsed(2));
    check::<Claim>("another fenced",         &pending(), claim(BELA, "12:15", Some((CARL, 0))), lapsed(0));
    check::<Claim>("another fenced, early",  &pending(), claim(BELA, "12:14", Some((CARL, 0))), Err(Pending { user: ANNA, claim_revision: 0 }));
    check::<Claim>("owned",                  &owned(),   claim(BELA, "12:30", None),       Err(Taken { user: ANNA, claim_revision: 0 }));
    check::<Claim>("owned, fence or not",    &owned(),   claim(BELA, "12:30", Some((ANNA, 0))), Err(Taken { user: ANNA, claim_revision: 0 }));
}

#[test]
#[rustfmt::skip] // a table
fn confirming_and_releasing() {
    let pending = || vec![claimed(ANNA, "12:15")];
    let owned = || vec![claimed(ANNA, "12:15"), Confirmed { user: ANNA }];
    let free = || vec![claimed(ANNA, "12:15"), Released { user: ANNA }];

    check::<Claim>("pending",             &pending(), Confirm { user: ANNA }, Ok(vec![Confirmed { user: ANNA }]));
    check::<Claim>("twice",               &owned(),   Confirm { user: ANNA }, Ok(vec![]));
    check::<Claim>("another's",           &pending(), Confirm { user: BELA }, Err(Pending { user: ANNA, claim_revision: 0 }));
    check::<Claim>("another's own",       &owned(),   Confirm { user: BELA }, Err(Taken { user: ANNA, claim_revision: 0 }));
    check::<Claim>("nobody's",            &[],        Confirm { user: ANNA }, Err(Unclaimed));
    check::<Claim>("given back",          &free(),    Confirm { user: ANNA }, Err(Unclaimed));

    let release = |user, claim_revision| Release { user, claim_revision };
    let again = || { let mut events = free(); events.push(claimed(ANNA, "12:30")); events };
    check::<Claim>("one's pending",       &pending(), release(ANNA, 0), Ok(vec![Released { user: ANNA }]));
    check::<Claim>("one's own",           &owned(),   release(ANNA, 0), Ok(vec![Released { user: ANNA }]));
    check::<Claim>("twice given back",    &free(),    release(ANNA, 0), Ok(vec![]));
    check::<Claim>("not one's pending",   &pending(), release(BELA, 0), Ok(vec![]));
    check::<Claim>("not one's own",       &owned(),   release(BELA, 0), Ok(vec![]));
    check::<Claim>("a later claim",       &again(),   release(ANNA, 0), Ok(vec![]));
    check::<Claim>("the later claim",     &again(),   release(ANNA, 2), Ok(vec![Released { user: ANNA }]));
    check::<Claim>("never claimed",       &[],        release(ANNA, 0), Ok(vec![]));
}

#[test]
#[rustfmt::skip] // a table
fn keeping() {
    let pending = || vec![claimed(ANNA, "12:15")];
    let owned = || vec![claimed(ANNA, "12:15"), Confirmed { user: ANNA }];
    let kept = || vec![claimed(ANNA, "12:15"), claimed(ANNA, "23:00")];
    let keep = |user, claim_revision, at| Keep { user, claim_revision, until: t("23:30"), at: t(at) };
    let yes = || Ok(vec![claimed(ANNA, "23:30")]);

    check::<Claim>("one's pending",          &pending(), keep(ANNA, 0, "12:01"), yes());
    check::<Claim>("after its time",         &pending(), keep(ANNA, 0, "12:30"), yes());
    check::<Claim>("not one's pending",      &pending(), keep(BELA, 0, "12:01"), Ok(vec![]));
    check::<Claim>("one's own",              &owned(),   keep(ANNA, 0, "12:01"), Ok(vec![]));
    check::<Claim>("never claimed",          &[],        keep(ANNA, 0, "12:01"), Ok(vec![]));
    check::<Claim>("twice",                  &kept(),    keep(ANNA, 1, "12:01"), Ok(vec![]));
    check::<Claim>("twice, at the end",      &kept(),    keep(ANNA, 1, "22:59"), Ok(vec![]));
    check::<Claim>("again, after its time",  &kept(),    keep(ANNA, 1, "23:00"), yes());
    check::<Claim>("an earlier claim",       &kept(),    keep(ANNA, 0, "23:00"), Ok(vec![]));

    check::<Claim>("kept from others",       &kept(),    claim(BELA, "22:59", None), Err(Pending { user: ANNA, claim_revision: 1 }));
    check::<Claim>("and lapsed in the end",  &kept(),    claim(BELA, "23:00", None), Err(Lapsed { user: ANNA, claim_revision: 1 }));
    check::<Claim>("lapsed and fenced",      &kept(),    claim(BELA, "23:00", Some((ANNA, 1))), Ok(vec![claimed(BELA, "12:45")]));
    check::<Claim>("the earlier one fenced", &kept(),    claim(BELA, "23:00", Some((ANNA, 0))), Err(Lapsed { user: ANNA, claim_revision: 1 }));
    check::<Claim>("an account after all",   &kept(),    Confirm { user: ANNA }, Ok(vec![Confirmed { user: ANNA }]));
}

#[test]
fn a_claim_knows_its_revision() {
    let claim: Claim =
        fold([claimed(CARL, "11:00"), claimed(BELA, "12:00"), claimed(ANNA, "12:15")]);
    assert_eq!(claim.next_revision, 3);
    assert_eq!(claim.holder, Holder::Pending { user: ANNA, until: t("12:15"), revision: 2 });
    let claim = <Claim as Decider>::evolve(claim, Confirmed { user: ANNA });
    assert_eq!(claim.holder, Holder::Owner { user: ANNA, revision: 2 }, "and keeps it");
    assert_eq!((claim.held_by(ANNA), claim.held_by(BELA)), (Some(2), None));
}
