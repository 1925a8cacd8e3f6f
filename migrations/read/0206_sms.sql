-- SMS: by which way a message went, what the provider calls it, what became of it there, and why mail went instead. NULL
-- where nothing is known, and where an older build wrote the row.
ALTER TABLE outbox
    -- As it was taken; `message_id` is what the record in the log will say.
    ADD COLUMN channel        text,
    ADD COLUMN message_id     text,
    -- When it was first offered to the provider of SMS. It was counted then, and is not counted again.
    ADD COLUMN texted_at      timestamptz,
    -- Why it goes by mail though SMS was wanted: noted before the mail, so that never both are sent.
    ADD COLUMN mailed_because text,
    -- What the provider said last.
    ADD COLUMN delivery       text,
    ADD COLUMN delivery_code  integer,
    ADD CONSTRAINT outbox_delivery_check CHECK (delivery IN ('accepted', 'failed', 'undelivered', 'delivered'));
