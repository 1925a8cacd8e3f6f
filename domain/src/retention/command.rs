use jiff::civil::Date;

/// What may be asked of it.
#[derive(Clone, Copy, Debug)]
pub enum RetentionCommand {
    /// After the keys of all days before this one are destroyed.
    EndUnknownLogins { before: Date },
    /// After the keys of all quarters before the one that begins on this day are destroyed.
    EndLogins { before: Date },
}
