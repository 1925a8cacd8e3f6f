//! One binary for all of them: what takes time is linking.
mod disk_full;
mod given;
mod parking;
mod place;
mod rebuilding;
mod rebuilds;
mod role;
mod sharing;
mod verifying;
mod views;
