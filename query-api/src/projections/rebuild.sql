SELECT
    id,
    build,
    state,
    done,
    total,
    events_per_second,
    error
FROM rebuilds
WHERE projection = $1
  AND id = $2
