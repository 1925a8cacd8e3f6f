-- One key for each person, and for each part of a person that has a life of its own. Deleting a row erases whoever
-- it is about, so this database has its own role and its own backups, which are short.
CREATE TABLE data_keys (
    key_id  uuid        NOT NULL,
    -- `user-<id>`, `user-<id>/2026Q4`, `unknown-<date>`: what follows the slash is destroyed with what stands before.
    subject text        COLLATE "C" NOT NULL,
    -- Counts from 1. The newest seals; all of them open.
    version integer     NOT NULL,
    -- Useless without the key-encryption key, which is a file elsewhere.
    wrapped bytea       NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT data_keys_pkey PRIMARY KEY (key_id),
    CONSTRAINT data_keys_subject_version_key UNIQUE (subject, version)
);
