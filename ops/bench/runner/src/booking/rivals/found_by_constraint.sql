-- How many are held on courts $1 on $2, and how many pairs of them overlap.
SELECT
    count(*),
    coalesce(sum((
        SELECT count(*)
        FROM held_by_constraint AS other
        WHERE other.court = it.court
          AND other.date = it.date
          AND other.during && it.during
          AND other.id < it.id
    )), 0)::bigint
FROM held_by_constraint AS it
WHERE it.court = ANY ($1)
  AND it.date = $2
