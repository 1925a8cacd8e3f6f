-- The links that calendar programs read by, as what their secrets hash to.
CREATE TABLE calendars (
    id     uuid NOT NULL,
    digest text NOT NULL,
    CONSTRAINT calendars_pkey PRIMARY KEY (id),
    CONSTRAINT calendars_digest UNIQUE (digest)
);
