-- A confirmation arms what waited for it, and nothing that the same batch made after it.
UPDATE timers
SET state = 'armed'
FROM unnest($1::text[], $2::bigint[]) AS confirmed (booking, position)
WHERE timers.booking = confirmed.booking
    AND timers.state = 'waiting'
    AND timers.source_position < confirmed.position
