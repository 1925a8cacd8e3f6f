-- A confirmation arms what waited for it, and nothing that the same batch made after it. What somebody was to be reminded
-- of before they confirmed, they know.
UPDATE timers
SET state = CASE WHEN kind = ANY ($4::text[]) AND due_at <= confirmed.at THEN 'closed' ELSE 'armed' END,
    closed_by = CASE WHEN kind = ANY ($4::text[]) AND due_at <= confirmed.at THEN 'event' END,
    closed_at = CASE WHEN kind = ANY ($4::text[]) AND due_at <= confirmed.at THEN confirmed.at END
FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS confirmed (booking, position, at)
WHERE timers.booking = confirmed.booking
    AND timers.state = 'waiting'
    AND timers.source_position < confirmed.position
