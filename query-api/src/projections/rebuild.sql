SELECT
    id,
    build,
    state,
    done,
    total,
    events_per_second,
    error,
    differences AS "differences: Json<Vec<Difference>>"
FROM rebuilds
WHERE projection = $1
  AND id = $2
