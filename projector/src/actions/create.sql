-- What was done with more rights than a player's: by people, by programs, at the command line. `reason` is in somebody's own
-- words: personal data, opened here; it belongs to `subject`, whose erasure blanks it.
CREATE TABLE actions (
    position bigint      NOT NULL,
    event_id uuid        NOT NULL,
    at       timestamptz NOT NULL,
    -- `user`, `service` or `cli`; of the first two, which one, and with which role a user.
    by       text        NOT NULL,
    actor    uuid,
    role     text,
    -- The event's stored name, without its version.
    kind     text        NOT NULL,
    about    text,
    reason   text,
    details  jsonb       NOT NULL,
    subject  text,
    CONSTRAINT actions_pkey PRIMARY KEY (position),
    CONSTRAINT actions_actor CHECK ((by = 'cli') = (actor IS NULL))
);

CREATE INDEX actions_by_subject
    ON actions (subject)
    WHERE subject IS NOT NULL;

-- The role that everybody has who ever had another than a player's.
CREATE TABLE action_roles (
    user_id uuid NOT NULL,
    role    text NOT NULL,
    CONSTRAINT action_roles_pkey PRIMARY KEY (user_id)
);
