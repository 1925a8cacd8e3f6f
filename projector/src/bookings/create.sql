-- Every booking there ever was, as it is now.
CREATE TABLE bookings (
    id           text        NOT NULL,
    reference    text        NOT NULL,
    court        text        NOT NULL,
    venue        text        NOT NULL,
    -- NULL for a guest of the desk's, who has no account.
    player       uuid,
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    zone         text        NOT NULL,
    -- As recorded: a hold whose time is over stays `held` here until its expiry is.
    state        text        NOT NULL,
    generation   integer     NOT NULL,
    -- The end of the hold; NULL for one without a clock, and once confirmed.
    expires_at   timestamptz,
    price_minor  bigint      NOT NULL,
    currency     text        NOT NULL,
    -- Only a payment confirmed it.
    must_be_paid boolean     NOT NULL,
    terms        jsonb       NOT NULL,
    refund_minor bigint,
    -- Of the court-day's event that changed this booking last.
    revision     bigint      NOT NULL,
    held_at      timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    position     bigint      NOT NULL,
    -- Where it went on, under another id.
    moved_to     text,
    CONSTRAINT bookings_pkey PRIMARY KEY (id),
    CONSTRAINT bookings_state CHECK (state IN ('held', 'confirmed', 'expired', 'released', 'cancelled', 'moved', 'checked_in', 'missed'))
);

-- What happened to each, in the words of the events. Its key is made last: nothing is looked up by it while it is filled.
CREATE TABLE booking_history (
    booking  text        NOT NULL,
    revision bigint      NOT NULL,
    at       timestamptz NOT NULL,
    event    text        NOT NULL,
    actor    text
);

-- Money that came and was a booking's own; what of it has to go back is in `refunds`.
CREATE TABLE payments (
    booking           text   NOT NULL,
    payment_reference text   NOT NULL,
    amount_minor      bigint NOT NULL,
    CONSTRAINT payments_pkey PRIMARY KEY (booking, payment_reference)
);

-- Payments that have to go back, and those that have gone.
CREATE TABLE refunds (
    booking           text        NOT NULL,
    payment_reference text        NOT NULL,
    amount_minor      bigint      NOT NULL,
    currency          text        NOT NULL,
    why               text        NOT NULL,
    required_at       timestamptz NOT NULL,
    -- NULL while it is owed.
    settled_at        timestamptz,
    settled_by        text,
    -- Of the event that required it.
    position          bigint      NOT NULL,
    CONSTRAINT refunds_pkey PRIMARY KEY (booking, payment_reference)
);
