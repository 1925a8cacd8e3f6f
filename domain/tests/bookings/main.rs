//! What a court-day answers, theme by theme.
mod blocks;
mod days;
mod desk;
#[path = "../given/mod.rs"]
mod given;
mod holds;
mod known_failures;
mod moves;
mod payments;
#[path = "../place/mod.rs"]
mod place;
mod resumed;
