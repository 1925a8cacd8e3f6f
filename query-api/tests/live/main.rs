//! Whoever listens to a venue's day hears every change once and in order, whatever happens in between.
mod ear;
mod endings;
mod limits;
mod stories;
mod world;
