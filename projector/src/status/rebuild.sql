SELECT
    build,
    state,
    done,
    total,
    events_per_second,
    error,
    differences AS "differences: Json<Vec<Difference>>"
FROM rebuilds
WHERE id = $1
