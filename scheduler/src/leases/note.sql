-- What is worked on already is due again: the booking may have been read before this event.
INSERT INTO lease_news AS known (booking, position, next_attempt_at)
SELECT news.booking, news.position, $3
FROM unnest($1::text[], $2::bigint[]) AS news (booking, position)
ON CONFLICT ON CONSTRAINT lease_news_pkey DO UPDATE
SET position = excluded.position,
    next_attempt_at = excluded.next_attempt_at,
    attempts = 0
WHERE known.position < excluded.position
