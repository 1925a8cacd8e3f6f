SELECT
    build,
    state,
    done,
    total,
    events_per_second,
    error
FROM rebuilds
WHERE id = $1
