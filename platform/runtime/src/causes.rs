use std::error::Error;

/// An error with everything behind it, in one line: the first says what cannot be done, the last often what to look for.
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let all = std::iter::successors(Some(error), |it| (*it).source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
