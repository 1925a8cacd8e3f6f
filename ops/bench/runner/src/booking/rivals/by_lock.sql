-- Reference 1: whoever has the lock on a court-day looks whether the time is free and takes it. One call, one round trip.
CREATE TABLE held_by_lock (
    id         uuid        NOT NULL PRIMARY KEY,
    court      text        NOT NULL,
    date       date        NOT NULL,
    during     tstzrange   NOT NULL,
    player     uuid        NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX held_by_lock_court
    ON held_by_lock (court, date);

CREATE FUNCTION hold_by_lock(
    new_id     uuid,
    new_court  text,
    new_date   date,
    new_during tstzrange,
    new_player uuid
)
RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(new_court || new_date, 0));
    -- In a statement of its own: its snapshot is younger than the lock.
    IF EXISTS (
        SELECT
        FROM held_by_lock AS it
        WHERE it.court = new_court
          AND it.date = new_date
          AND it.during && new_during
          AND it.expires_at > now()
          AND it.id <> new_id
    ) THEN
        RETURN false;
    END IF;
    INSERT INTO held_by_lock (id, court, date, during, player, expires_at)
    VALUES (new_id, new_court, new_date, new_during, new_player, now() + interval '15 min')
    ON CONFLICT (id) DO NOTHING;
    RETURN true;
END
$$;
