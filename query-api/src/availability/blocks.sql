-- Blocks on courts $1 between $2 and $3.
SELECT
    block AS "block!",
    court AS "court!",
    lower(during) AS "starts_at!: jiff_sqlx::Timestamp",
    upper(during) AS "ends_at!: jiff_sqlx::Timestamp",
    cause AS "cause!"
FROM taken_v1
WHERE court = ANY ($1)
  AND during && tstzrange($2, $3)
  AND lower(during) BETWEEN $2 - interval '48 hours' AND $3
  AND upper(during) > $2
  AND blocked
ORDER BY court, lower(during), block
