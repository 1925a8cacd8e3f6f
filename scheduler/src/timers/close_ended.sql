-- An end closes what was made before it, and nothing that the same batch made after it. What a sweep has closed
-- already is told that the log agrees: only then is it of no use to anybody.
UPDATE timers
SET state = 'closed',
    closed_at = COALESCE(timers.closed_at, now()),
    closed_by = COALESCE(timers.closed_by, 'event'),
    ended_position = ended.position
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS ended (booking, kind, position)
WHERE timers.booking = ended.booking
    AND timers.kind = ended.kind
    AND timers.ended_position IS NULL
    AND timers.source_position < ended.position
