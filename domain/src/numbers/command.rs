/// What whoever has the telephone may ask for, by a message of their own.
#[derive(Clone, Debug)]
pub enum NumberCommand {
    Stop { message_id: String },
    Start { message_id: String },
}
