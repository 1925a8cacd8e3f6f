//! What people change about their own accounts.
mod calendar;
mod email;
mod password;
mod preferences;
mod profile;
mod username;
