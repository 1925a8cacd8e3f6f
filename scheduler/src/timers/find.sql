SELECT
    timer_id,
    kind,
    stream,
    booking,
    generation,
    armed_at,
    due_at
FROM timers
WHERE timer_id = $1
