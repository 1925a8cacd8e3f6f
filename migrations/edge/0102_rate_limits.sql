-- How much of each quota is used, shared by all instances (GCRA: one time for each bucket, at which it is whole again).
-- Unlogged: after a crash everybody's quota is whole, and nothing else is lost. Keys are hashes, of an address or an
-- identifier among them; such a hash could be guessed back, so no row outlives its quota by more than a minute.
CREATE UNLOGGED TABLE rate_limits (
    bucket   bytea       NOT NULL,
    whole_at timestamptz NOT NULL,
    CONSTRAINT rate_limits_pkey PRIMARY KEY (bucket)
) WITH (fillfactor = 70);
