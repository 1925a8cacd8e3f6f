-- What is taken of venue $1 between $2 and $3, at $4.
SELECT
    t.court AS "court!",
    lower(t.during) AS "starts_at!: jiff_sqlx::Timestamp",
    upper(t.during) AS "ends_at!: jiff_sqlx::Timestamp",
    CASE
        WHEN t.blocked THEN 'blocked'
        WHEN t.expires_at IS NOT NULL THEN 'held'
        ELSE 'booked'
    END AS "state!",
    t.expires_at AS held_until,
    t.block,
    t.cause
FROM taken_v1 AS t
JOIN courts_v1 AS k
    ON k.code = t.court
WHERE k.venue = $1
  AND t.during && tstzrange($2, $3)
  AND lower(t.during) BETWEEN $2 - interval '48 hours' AND $3
  AND upper(t.during) > $2
  AND (t.expires_at IS NULL OR t.expires_at > $4)
ORDER BY t.court, lower(t.during), t.block
