-- Secrets that are no person's: the private parts of signing keys. Written once, never changed.
CREATE TABLE kept_secrets (
    name    text        COLLATE "C" NOT NULL,
    wrapped bytea       NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT kept_secrets_pkey PRIMARY KEY (name)
);
