-- The catalogue.
CREATE TABLE venues (
    id            text   NOT NULL,
    name          text   NOT NULL,
    zone          text   NOT NULL,
    day_starts_at time   NOT NULL,
    policy        jsonb  NOT NULL,
    revision      bigint NOT NULL,
    CONSTRAINT venues_pkey PRIMARY KEY (id)
);

-- The weekly hours of a venue and the first service date they hold on.
CREATE TABLE venue_hours (
    venue     text  NOT NULL,
    from_date date  NOT NULL,
    week      jsonb NOT NULL,
    CONSTRAINT venue_hours_pkey PRIMARY KEY (venue, from_date)
);

CREATE TABLE courts (
    code     text    NOT NULL,
    venue    text    NOT NULL,
    name     text    NOT NULL,
    kind     text    NOT NULL,
    surface  text    NOT NULL,
    indoor   boolean NOT NULL,
    prices   jsonb   NOT NULL,
    revision bigint  NOT NULL,
    CONSTRAINT courts_pkey PRIMARY KEY (code)
);

CREATE INDEX courts_by_venue
    ON courts (venue, code);
