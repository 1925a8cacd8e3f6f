-- What keeps others off a court: holds, alive until `expires_at`, and confirmed bookings, which have none.
CREATE TABLE taken (
    booking    text        NOT NULL,
    court      text        NOT NULL,
    date       date        NOT NULL,
    during     tstzrange   NOT NULL,
    expires_at timestamptz,
    CONSTRAINT taken_pkey PRIMARY KEY (booking)
);

CREATE INDEX taken_during
    ON taken
    USING gist (court, during);

CREATE INDEX taken_by_day
    ON taken (court, date);
