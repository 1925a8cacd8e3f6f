//! Administrators come and go, and one is always left.
use std::collections::BTreeSet;

use domain::admins::AdminCommand::{self, Leave, Return};
use domain::admins::AdminEvent::{self, Left, Returned};
use domain::admins::AdminRejection::NobodyStays;
use domain::admins::Admins;
use domain::decider::Decider;
use domain::ids::UserId;
use proptest::prelude::*;
use uuid::Uuid;

use crate::given::check;

const ADA: UserId = UserId(Uuid::from_u128(1));
const BEA: UserId = UserId(Uuid::from_u128(2));
const CY: UserId = UserId(Uuid::from_u128(3));

fn leave(user: UserId, witness: UserId) -> AdminCommand {
    Leave { user, witness, epoch: 3 }
}

fn left(user: UserId, witness: UserId) -> AdminEvent {
    Left { user, witness, epoch: 3 }
}

fn back(user: UserId, epoch: u64) -> AdminCommand {
    Return { user, epoch }
}

#[test]
#[rustfmt::skip] // a table
fn who_leaves_names_one_who_stays() {
    check::<Admins>("with a witness",              &[],                                  leave(ADA, BEA), Ok(vec![left(ADA, BEA)]));
    check::<Admins>("twice",                       &[left(ADA, BEA)],                    leave(ADA, BEA), Ok(vec![]));
    check::<Admins>("by one's own word",           &[],                                  leave(ADA, ADA), Err(NobodyStays));
    check::<Admins>("each by the other's",         &[left(ADA, BEA)],                    leave(BEA, ADA), Err(NobodyStays));
    check::<Admins>("by a third's",                &[left(ADA, BEA)],                    leave(BEA, CY),  Ok(vec![left(BEA, CY)]));
    check::<Admins>("by one who has returned",     &[left(ADA, BEA), Returned { user: ADA }], leave(BEA, ADA), Ok(vec![left(BEA, ADA)]));
    check::<Admins>("again, its witness gone",     &[left(ADA, BEA), left(BEA, CY)],     leave(ADA, BEA), Ok(vec![]));
    check::<Admins>("returned",                    &[left(ADA, BEA)],                    back(ADA, 4),    Ok(vec![Returned { user: ADA }]));
    check::<Admins>("returned, never left",        &[],                                  back(ADA, 4),    Ok(vec![]));
    check::<Admins>("returned, and left since",    &[left(ADA, BEA)],                    back(ADA, 3),    Ok(vec![]));
    let later = || Left { user: ADA, witness: CY, epoch: 4 };
    check::<Admins>("again, at a later epoch",     &[left(ADA, BEA)],                    Leave { user: ADA, witness: CY, epoch: 4 }, Ok(vec![later()]));
    check::<Admins>("late, behind a later one",    &[left(ADA, BEA), later()],           leave(ADA, BEA), Ok(vec![]));
}

proptest! {
    /// Whatever is asked in whatever order: of those who began as administrators one has not left.
    #[test]
    fn somebody_is_always_left(asked in prop::collection::vec((0..4_u128, 0..4_u128), 0..40)) {
        let mut admins = Admins::default();
        for (user, witness) in asked {
            let command = leave(UserId(Uuid::from_u128(user)), UserId(Uuid::from_u128(witness)));
            for event in Admins::decide(&admins, command).unwrap_or_default() {
                admins = Admins::evolve(admins, event);
            }
            let all: BTreeSet<_> = (0..4).map(|it| UserId(Uuid::from_u128(it))).collect();
            let left: BTreeSet<_> = admins.left.keys().copied().collect();
            prop_assert!(left.is_subset(&all) && left != all);
        }
    }
}
