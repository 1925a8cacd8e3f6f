-- Webhooks as the log knows them, and what each of them is told. What was taken stands in the log (delivery-<id>), not
-- here: both tables can be dropped and replayed, and nothing is sent again.
CREATE TABLE webhooks (
    webhook         uuid        NOT NULL,
    url             text        NOT NULL,
    -- None are all.
    types           text[]      NOT NULL,
    description     text        NOT NULL,
    generation      integer     NOT NULL DEFAULT 1,
    -- For a while after this the secret before counts, too.
    rotated_at      timestamptz,
    added_at        timestamptz NOT NULL,
    stopped_at      timestamptz,
    stopped_because text,
    CONSTRAINT webhooks_pkey PRIMARY KEY (webhook)
);

CREATE TABLE webhook_deliveries (
    -- UUIDv5 of the webhook and the event, or of the delivery that is told again and the request: the same however often
    -- it is derived.
    delivery        uuid        NOT NULL,
    webhook         uuid        NOT NULL,
    -- What receivers know it by (webhook-id).
    event           uuid        NOT NULL,
    kind            text        NOT NULL,
    -- As it is sent each time: ids alone.
    body            text        NOT NULL,
    happened_at     timestamptz NOT NULL,
    -- When it became necessary: when it happened, or when somebody wanted it told again.
    caused_at       timestamptz NOT NULL,
    source_position bigint      NOT NULL,
    state           text        NOT NULL DEFAULT 'pending',
    -- The receiver took it; only the record is missing. Whoever finds this does not send, but records.
    accepted_at     timestamptz,
    attempts        integer     NOT NULL DEFAULT 0,
    -- Not before this; a worker at it moves this ahead, so that another one takes it only if that one died.
    next_attempt_at timestamptz NOT NULL,
    last_status     integer,
    -- In our own words: never the receiver's.
    last_error      text,
    ended_at        timestamptz,
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (delivery),
    CONSTRAINT webhook_deliveries_state_check CHECK (state IN ('pending', 'delivered', 'given_up'))
);

CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (webhook, next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook, caused_at DESC, delivery DESC);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (happened_at);
