//! What people change about their own accounts.
mod password;
