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

-- Service dates of a venue that are not like the week: closed, or with hours of their own, or both. A date that was and
-- is no more stays, with neither.
CREATE TABLE venue_dates (
    venue  text    NOT NULL,
    date   date    NOT NULL,
    closed boolean NOT NULL,
    hours  jsonb,
    CONSTRAINT venue_dates_pkey PRIMARY KEY (venue, date)
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

-- What a court costs from a service date on; before the first, `courts.prices`.
CREATE TABLE court_prices (
    court     text  NOT NULL,
    from_date date  NOT NULL,
    prices    jsonb NOT NULL,
    CONSTRAINT court_prices_pkey PRIMARY KEY (court, from_date)
);

-- Whether a court is `retired` or has `returned` from a service date on; before the first it is in service.
CREATE TABLE court_service (
    court     text NOT NULL,
    from_date date NOT NULL,
    state     text NOT NULL,
    CONSTRAINT court_service_pkey PRIMARY KEY (court, from_date)
);
