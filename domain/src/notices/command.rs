/// What may be said of a notice.
#[derive(Clone, Debug)]
pub enum NoticeCommand {
    Send { kind: String, channel: String, message_id: String },
}
