-- Lists that something happened on. One that is worked on already is done once more after that: it may have been read
-- before this event.
INSERT INTO waitlist_days AS known (venue, date, position, next_attempt_at)
SELECT DISTINCT changed.venue, changed.date, $3::bigint, $4::timestamptz
FROM unnest($1::text[], $2::date[]) AS changed (venue, date)
ON CONFLICT ON CONSTRAINT waitlist_days_pkey DO UPDATE
SET position = greatest(known.position, excluded.position),
    next_attempt_at = CASE
        WHEN known.attempts = 0 THEN excluded.next_attempt_at
        ELSE known.next_attempt_at
    END
