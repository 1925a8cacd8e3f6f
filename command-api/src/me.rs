//! `/v1/me/…`: what people change about their own accounts.
mod calendar;
mod email;
mod password;
mod preferences;
mod profile;
mod username;

pub(crate) use calendar::{
    __path_link_calendar, __path_unlink_calendar, link_calendar, unlink_calendar,
};
pub(crate) use email::{__path_change_email, __path_confirm_email, change_email, confirm_email};
pub(crate) use password::{__path_change_password, change_password};
pub(crate) use preferences::{__path_set_preferences, no_sms_number, set_preferences};
pub(crate) use profile::{__path_describe_me, describe_me};
pub(crate) use username::{__path_change_username, change_username};
