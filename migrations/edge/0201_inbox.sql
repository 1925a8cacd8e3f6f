-- Mail and SMS caught in demo mode, shown at /dev/inbox. The one table of this database that holds personal data in
-- clear, and it stays empty outside demo mode.
CREATE TABLE inbox (
    id        uuid        NOT NULL,
    kind      text        NOT NULL,
    recipient text        NOT NULL,
    subject   text        NOT NULL,
    body      text        NOT NULL,
    at        timestamptz NOT NULL,
    CONSTRAINT inbox_pkey PRIMARY KEY (id),
    CONSTRAINT inbox_kind_check CHECK (kind IN ('mail', 'sms'))
);

CREATE INDEX inbox_at ON inbox (at);
