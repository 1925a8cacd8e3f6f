-- Accounts. Names, e-mail address and phone are personal data, opened here; they belong to `subject`, whose
-- erasure blanks them.
CREATE TABLE users (
    id            uuid        NOT NULL,
    email         text,
    username      text,
    display_name  text,
    phone         text,
    role          text        NOT NULL,
    venues        text[]      NOT NULL,
    verified      boolean     NOT NULL,
    disabled      boolean     NOT NULL,
    registered_at timestamptz NOT NULL,
    subject       text        NOT NULL,
    -- The account's tag: what changes it is compared with this.
    revision      bigint      NOT NULL,
    second_factor boolean     NOT NULL,
    -- From the request on: it cannot be taken back.
    erased        boolean     NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_subject UNIQUE (subject)
);
