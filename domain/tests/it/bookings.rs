//! What a court-day answers, theme by theme.
mod blocks;
mod days;
mod desk;
mod holds;
mod known_failures;
mod moves;
mod payments;
mod resumed;
