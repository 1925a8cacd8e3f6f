-- An end closes what was armed before it, and nothing that the same batch armed after it.
UPDATE timers
SET state = 'closed'
FROM unnest($1::text[], $2::bigint[]) AS ended (booking, position)
WHERE timers.booking = ended.booking
    AND timers.state = 'armed'
    AND timers.source_position < ended.position
