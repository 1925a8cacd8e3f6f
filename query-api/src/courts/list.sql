SELECT
    code AS "code!",
    venue AS "venue!",
    name AS "name!",
    kind AS "kind!",
    surface AS "surface!",
    indoor AS "indoor!",
    prices AS "prices!: sqlx::types::Json<Prices>",
    later_prices AS "later_prices!: sqlx::types::Json<Vec<LaterPrices>>",
    service AS "service!: sqlx::types::Json<Vec<ServiceFrom>>",
    revision AS "revision!"
FROM courts_v1
WHERE ($1::text IS NULL OR venue = $1)
  AND ($2::text IS NULL OR kind = $2)
  AND ($3::text IS NULL OR surface = $3)
  AND ($4::boolean IS NULL OR indoor = $4)
  AND ($5::text IS NULL OR code > $5)
ORDER BY code
LIMIT $6
