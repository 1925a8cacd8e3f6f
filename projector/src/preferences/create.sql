-- How people want to be told things. The number is personal data, opened here; it belongs to `subject`, whose erasure
-- blanks it.
CREATE TABLE preferences (
    id         uuid   NOT NULL,
    reminders  text   NOT NULL,
    language   text   NOT NULL,
    clock      text   NOT NULL,
    sms_number text,
    subject    text   NOT NULL,
    -- The account's tag: what changes it is compared with this.
    revision   bigint NOT NULL,
    CONSTRAINT preferences_pkey PRIMARY KEY (id),
    CONSTRAINT preferences_subject UNIQUE (subject)
);
