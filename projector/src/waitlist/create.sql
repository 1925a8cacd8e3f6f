-- Who waits for what. `offer_*` is the offer that has not ended, if there is one.
CREATE TABLE waitlist (
    id              text        NOT NULL,
    user_id         uuid        NOT NULL,
    venue           text        NOT NULL,
    date            date        NOT NULL,
    from_at         timestamptz NOT NULL,
    to_at           timestamptz NOT NULL,
    minutes         integer     NOT NULL,
    court           text,
    kind            text,
    surface         text,
    indoor          boolean,
    joined_at       timestamptz NOT NULL,
    -- waiting, served or left
    state           text        NOT NULL,
    offer_booking   text,
    offer_starts_at timestamptz,
    offer_ends_at   timestamptz,
    offer_until     timestamptz,
    CONSTRAINT waitlist_pkey PRIMARY KEY (id)
);
