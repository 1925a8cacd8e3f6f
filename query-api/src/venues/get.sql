SELECT
    id AS "id!",
    name AS "name!",
    zone AS "zone!",
    day_starts_at AS "day_starts_at!: jiff_sqlx::Time",
    hours AS "hours!: sqlx::types::Json<Vec<Hours>>",
    policy AS "policy!: sqlx::types::Json<Policy>"
FROM venues_v1
WHERE id = $1
