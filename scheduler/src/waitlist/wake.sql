-- Lists that somebody waits on, of venues $1, of the venues of courts $2, and of the days of court-days $3, $4.
UPDATE waitlist_days AS known
SET position = greatest(known.position, $5::bigint),
    next_attempt_at = CASE WHEN known.attempts = 0 THEN $6::timestamptz ELSE known.next_attempt_at END
WHERE known.venue = ANY ($1::text[])
    OR EXISTS (
        SELECT 1
        FROM waitlist_courts AS its
        WHERE its.venue = known.venue
            AND its.court = ANY ($2::text[])
    )
    OR EXISTS (
        SELECT 1
        FROM unnest($3::text[], $4::date[]) AS freed (court, date)
        INNER JOIN waitlist_courts AS its ON its.court = freed.court
        WHERE its.venue = known.venue
            AND freed.date = known.date
    )
