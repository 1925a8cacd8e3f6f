-- Every attempt to log in, every code asked for, and what it led to. `ip` and `user_agent` are personal data, opened here; they belong
-- to `subject`, whose erasure blanks them.
CREATE TABLE logins (
    position   bigint      NOT NULL,
    event_id   uuid        NOT NULL,
    at         timestamptz NOT NULL,
    user_id    uuid,
    -- The keyed hash of what was typed; NULL where nobody typed anything.
    identifier text,
    outcome    text        NOT NULL,
    reason     text,
    ip         text,
    user_agent text,
    session    uuid,
    until      timestamptz,
    subject    text        NOT NULL,
    CONSTRAINT logins_pkey PRIMARY KEY (position),
    CONSTRAINT logins_outcome CHECK (outcome IN (
        'succeeded', 'failed', 'locked', 'refused', 'unlocked', 'reauthenticated', 'code_requested', 'code_refused'
    ))
);

-- A person's quarters are parts of the person.
CREATE INDEX logins_by_person
    ON logins (split_part(subject, '/', 1));
