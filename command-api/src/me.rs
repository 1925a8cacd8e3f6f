//! `/v1/me/…`: what people change about their own accounts.
mod password;

pub(crate) use password::{__path_change_password, change_password};
