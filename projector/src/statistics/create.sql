-- What every booking came to, for sums over many of them: no names, and no player.
CREATE TABLE sales (
    booking     text        NOT NULL,
    court       text        NOT NULL,
    venue       text        NOT NULL,
    -- Its service date.
    date        date        NOT NULL,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    price_minor bigint      NOT NULL,
    currency    text        NOT NULL,
    -- `lost`: a hold that was let go or ran out. `back`: given back once it was sold. `moved`: it goes on under another id.
    state       text        NOT NULL,
    -- The new place of a booking that moves: given up, no hold is lost.
    moving      boolean     NOT NULL,
    CONSTRAINT sales_pkey PRIMARY KEY (booking),
    CONSTRAINT sales_state CHECK (state IN ('held', 'sold', 'lost', 'back', 'moved'))
);

-- Money that came for a booking and was its own.
CREATE TABLE sale_payments (
    booking           text   NOT NULL,
    payment_reference text   NOT NULL,
    amount_minor      bigint NOT NULL,
    CONSTRAINT sale_payments_pkey PRIMARY KEY (booking, payment_reference)
);

-- What of it has gone back, or has to.
CREATE TABLE sale_refunds (
    booking           text   NOT NULL,
    payment_reference text   NOT NULL,
    amount_minor      bigint NOT NULL,
    CONSTRAINT sale_refunds_pkey PRIMARY KEY (booking, payment_reference)
);
