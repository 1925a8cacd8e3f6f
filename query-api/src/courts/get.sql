SELECT
    code AS "code!",
    venue AS "venue!",
    name AS "name!",
    kind AS "kind!",
    surface AS "surface!",
    indoor AS "indoor!",
    prices AS "prices!: sqlx::types::Json<Prices>"
FROM courts_v1
WHERE code = $1
