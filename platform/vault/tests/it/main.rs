//! One binary for all of them: what takes time is linking.
mod commitments;
mod rotation;
mod vault;
