SELECT
    timer_id,
    kind,
    stream,
    booking,
    generation,
    armed_at,
    due_at,
    trace
FROM timers
WHERE timer_id = $1
