-- Court-days of venues $1 on dates $2, and of courts $3 from dates $4 on. One that is worked on already is done once more
-- after that: the venue may have been read before this event.
INSERT INTO closure_news AS known (court, date, position, next_attempt_at)
SELECT booked.court, booked.date, $5, $6
FROM booked_days AS booked
WHERE EXISTS (
        SELECT 1
        FROM unnest($1::text[], $2::date[]) AS closed (venue, date)
        WHERE closed.venue = booked.venue
            AND closed.date = booked.date
    )
    OR EXISTS (
        SELECT 1
        FROM unnest($3::text[], $4::date[]) AS retired (court, since)
        WHERE retired.court = booked.court
            AND retired.since <= booked.date
    )
ON CONFLICT ON CONSTRAINT closure_news_pkey DO UPDATE
SET position = greatest(known.position, excluded.position)
