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
WHERE code = $1
