-- Sessions, over ones too.
CREATE TABLE sessions (
    id            uuid        NOT NULL,
    user_id       uuid        NOT NULL,
    started_at    timestamptz NOT NULL,
    refreshed_at  timestamptz,
    refresh_until timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL,
    revoked_at    timestamptz,
    -- Where it began in the log: what ends all sessions of a person ends those before it.
    position      bigint      NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (id)
);

CREATE INDEX sessions_by_user
    ON sessions (user_id, id);
