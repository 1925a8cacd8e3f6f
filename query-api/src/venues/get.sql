SELECT
    id AS "id!",
    name AS "name!",
    zone AS "zone!",
    day_starts_at AS "day_starts_at!: jiff_sqlx::Time",
    hours AS "hours!: sqlx::types::Json<Vec<Hours>>",
    closed_on AS "closed_on!: sqlx::types::Json<Vec<Date>>",
    hours_on AS "hours_on!: sqlx::types::Json<Vec<HoursOn>>",
    policy AS "policy!: sqlx::types::Json<Policy>",
    revision AS "revision!"
FROM venues_v1
WHERE id = $1
