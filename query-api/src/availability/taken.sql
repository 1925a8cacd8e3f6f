-- What is taken of courts $1 between $2 and $3, at $4.
SELECT
    court AS "court!",
    lower(during) AS "starts_at!: jiff_sqlx::Timestamp",
    upper(during) AS "ends_at!: jiff_sqlx::Timestamp",
    expires_at AS "expires_at: jiff_sqlx::Timestamp",
    blocked AS "blocked!"
FROM taken_v1
WHERE court = ANY ($1)
  AND during && tstzrange($2, $3)
  AND lower(during) BETWEEN $2 - interval '48 hours' AND $3
  AND upper(during) > $2
  AND (expires_at IS NULL OR expires_at > $4)
ORDER BY court, lower(during)
