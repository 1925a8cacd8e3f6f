-- $2 more events are replayed, and $3 are left.
UPDATE rebuilds
SET
    done = done + $2,
    total = done + $2 + $3,
    events_per_second = coalesce($4, events_per_second),
    -- Whatever it waited for is over.
    error = NULL
WHERE id = $1
