SELECT
    booking,
    court,
    date,
    lower(during) AS "starts_at!: jiff_sqlx::Timestamp",
    upper(during) AS "ends_at!: jiff_sqlx::Timestamp",
    expires_at,
    block,
    cause
FROM taken
WHERE booking = ANY ($1)
