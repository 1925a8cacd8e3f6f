-- The courts of $1 that nobody has between $2 and $3, in order: what a search has to find.
SELECT court
FROM unnest($1::text[]) AS court
WHERE NOT EXISTS (
    SELECT
    FROM taken_v1 AS it
    WHERE it.court = court.court
      AND it.during && tstzrange($2, $3)
      AND lower(it.during) BETWEEN $2 - interval '48 hours' AND $3
      AND upper(it.during) > $2
)
ORDER BY court
