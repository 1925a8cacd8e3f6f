//! Mail: letters, the way out by SMTP, and for the demo a server that keeps what it gets.
mod letter;
mod message;
mod page;
pub mod sink;
mod smtp;
mod templates;

pub use letter::Letter;
pub(crate) use letter::fill;
pub(crate) use smtp::LETTER;
pub use smtp::{BadMailSettings, Mailer, NotSent};
pub use templates::{BadTemplate, Mail, Templates};
