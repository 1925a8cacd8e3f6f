-- Court-days of what was sold by an older revision of its venue or its court than the last closure of it.
INSERT INTO closure_news AS known (court, date, position, next_attempt_at)
SELECT DISTINCT sold.court, sold.date, $6::bigint, $7::timestamptz
FROM unnest($1::text[], $2::date[], $3::text[], $4::bigint[], $5::bigint[])
    AS sold (court, date, venue, venue_revision, court_revision)
WHERE EXISTS (
    SELECT 1
    FROM announcements AS announced
    WHERE (announced.stream = 'venue-' || sold.venue AND sold.venue_revision < announced.revision)
        OR (announced.stream = 'court-' || sold.court AND sold.court_revision < announced.revision)
)
ON CONFLICT ON CONSTRAINT closure_news_pkey DO UPDATE
SET position = greatest(known.position, excluded.position)
