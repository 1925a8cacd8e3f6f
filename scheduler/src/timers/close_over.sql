-- As `close_ended.sql` does, for timers that are about no booking and are named by themselves.
UPDATE timers
SET state = 'closed',
    closed_at = COALESCE(timers.closed_at, now()),
    closed_by = COALESCE(timers.closed_by, 'event'),
    ended_position = ended.position
FROM unnest($1::uuid[], $2::bigint[]) AS ended (timer_id, position)
WHERE timers.timer_id = ended.timer_id
    AND timers.ended_position IS NULL
    AND timers.source_position < ended.position
