-- What is taken of court $1 on service date $2, at $3.
SELECT
    lower(during) AS "starts_at!",
    upper(during) AS "ends_at!",
    expires_at
FROM taken_v1
WHERE court = $1
  AND date = $2
  AND (expires_at IS NULL OR expires_at > $3)
ORDER BY lower(during)
