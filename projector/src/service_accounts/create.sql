-- The accounts of programs. What their keys hash to is in the log alone.
CREATE TABLE service_accounts (
    id         uuid        NOT NULL,
    name       text        NOT NULL,
    scopes     text[]      NOT NULL,
    -- NULL: every venue.
    venues     text[],
    created_at timestamptz NOT NULL,
    -- The account's tag: what changes it is compared with this.
    revision   bigint      NOT NULL,
    CONSTRAINT service_accounts_pkey PRIMARY KEY (id)
);

-- The keys that were issued and not revoked, expired ones among them.
CREATE TABLE service_account_keys (
    id         uuid        NOT NULL,
    account    uuid        NOT NULL,
    issued_at  timestamptz NOT NULL,
    expires_at timestamptz,
    CONSTRAINT service_account_keys_pkey PRIMARY KEY (id)
);

CREATE INDEX service_account_keys_by_account
    ON service_account_keys (account);
