//! What may be asked of two court-days, in any order and at any time.
use domain::bookings::{By, Canceller};
use domain::sealed::Sealed;
use proptest::prelude::*;

/// One of so many ids of each day is meant by each command, so that commands meet.
const BOOKINGS: u8 = 8;

#[derive(Clone, Debug)]
pub enum What {
    Hold {
        slot: u8,
        length: u8,
        desk: bool,
    },
    Confirm {
        by: By,
    },
    StartPayment {
        payment: u8,
    },
    Pay {
        payment: u8,
        much: Much,
    },
    MarkPaid,
    /// Of the payments that its booking knows, one is said to have been paid back.
    SettleRefund {
        payment: u8,
    },
    Expire {
        generation: u32,
    },
    Release,
    /// A maintenance ends that took so many seconds.
    Resume {
        after: i64,
    },
    Cancel {
        by: Canceller,
    },
    Move {
        to: u8,
        slot: u8,
        across: bool,
        steps: u8,
    },
    /// Ends what moves have left half-done.
    React,
    Reinstate,
    CheckIn,
    Miss,
    Block {
        block: u8,
        slot: u8,
        cancel: bool,
    },
    Unblock {
        block: u8,
    },
    ChangeHours {
        early: bool,
    },
}

#[derive(Clone, Copy, Debug)]
pub enum Much {
    Price,
    /// What is left of it.
    Rest,
    Odd,
}

#[derive(Clone, Debug)]
pub struct Step {
    pub day: usize,
    pub booking: u8,
    pub what: What,
    /// Seconds since the step before.
    pub later: i64,
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let reason = || Sealed("because".to_owned());
    let canceller = prop_oneof![
        Just(Canceller::Player),
        Just(Canceller::Desk),
        Just(Canceller::DeskInFull { reason: reason() }),
    ];
    let much = prop_oneof![4 => Just(Much::Price), 3 => Just(Much::Rest), 1 => Just(Much::Odd)];
    let what = prop_oneof![
        6 => (0..16_u8, 2..5_u8, any::<bool>()).prop_map(|(slot, length, desk)| What::Hold { slot, length, desk }),
        3 => any::<bool>().prop_map(|desk| What::Confirm { by: if desk { By::Desk } else { By::Player } }),
        3 => (0..3_u8).prop_map(|payment| What::StartPayment { payment }),
        4 => (0..3_u8, much).prop_map(|(payment, much)| What::Pay { payment, much }),
        1 => Just(What::MarkPaid),
        2 => (0..3_u8).prop_map(|payment| What::SettleRefund { payment }),
        2 => (1..4_u32).prop_map(|generation| What::Expire { generation }),
        2 => Just(What::Release),
        2 => (0..1_200_i64).prop_map(|after| What::Resume { after }),
        2 => canceller.prop_map(|by| What::Cancel { by }),
        6 => (0..BOOKINGS, 0..16_u8, any::<bool>(), 1..5_u8)
            .prop_map(|(to, slot, across, steps)| What::Move { to, slot, across, steps }),
        1 => Just(What::React),
        2 => Just(What::Reinstate),
        1 => Just(What::CheckIn),
        1 => Just(What::Miss),
        1 => (0..3_u8, 0..16_u8, any::<bool>()).prop_map(|(block, slot, cancel)| What::Block { block, slot, cancel }),
        1 => (0..3_u8).prop_map(|block| What::Unblock { block }),
        1 => any::<bool>().prop_map(|early| What::ChangeHours { early }),
    ];
    // Mostly within a hold's life, sometimes at its very end, sometimes back, and now and then into play.
    let later = prop_oneof![20 => 0..90_i64, 2 => Just(900_i64), 1 => -60..0_i64, 1 => 0..7200_i64];
    // Most of what happens happens to few.
    let booking = prop_oneof![4 => 0..2_u8, 2 => 0..BOOKINGS];
    let step = (0..2_usize, booking, what, later).prop_map(|(day, booking, what, later)| Step {
        day,
        booking,
        what,
        later,
    });
    prop::collection::vec(step, 1..80)
}
