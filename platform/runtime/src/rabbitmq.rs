//! The only file that knows `lapin`: see the scheduler's transport for what is sent.
