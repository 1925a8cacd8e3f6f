CREATE INDEX IF NOT EXISTS courts_by_venue
    ON courts (venue, code);
