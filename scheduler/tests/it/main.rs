//! One binary for all of them: what takes time is linking.
mod crashes;
mod given;
mod reactions;
