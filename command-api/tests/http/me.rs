//! What people change about their own accounts.
mod email;
mod password;
mod profile;
mod username;
