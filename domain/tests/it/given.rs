//! Given what happened, when asked, then this is the answer.
use std::fmt::Debug;

use domain::decider::Decider;

pub fn fold<D: Decider<State = D> + Default>(given: impl IntoIterator<Item = D::Event>) -> D {
    given.into_iter().fold(D::default(), D::evolve)
}

#[track_caller]
pub fn check<D>(
    case: &str,
    given: &[D::Event],
    when: D::Command,
    then: Result<Vec<D::Event>, D::Rejection>,
) where
    D: Decider<State = D> + Default,
    D::Event: Clone + Debug + PartialEq,
    D::Rejection: Debug + PartialEq,
{
    let state = fold::<D>(given.iter().cloned());
    assert_eq!(D::decide(&state, when), then, "{case}");
}
