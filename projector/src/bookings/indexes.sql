DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'booking_history'::regclass AND contype = 'p') THEN
        ALTER TABLE booking_history ADD CONSTRAINT booking_history_pkey PRIMARY KEY (booking, revision);
    END IF;
END $$;

CREATE INDEX IF NOT EXISTS bookings_by_player
    ON bookings (player, starts_at, id);

CREATE INDEX IF NOT EXISTS bookings_by_court
    ON bookings (court, starts_at, id);

CREATE INDEX IF NOT EXISTS bookings_by_venue
    ON bookings (venue, starts_at, id);

CREATE INDEX IF NOT EXISTS bookings_by_reference
    ON bookings (reference);

CREATE INDEX IF NOT EXISTS refunds_owed
    ON refunds (position)
    WHERE settled_at IS NULL;
