-- What every booking of venue $1 came to, of the service dates from $2 to $3.
SELECT
    court AS "court!",
    starts_at AS "starts_at!",
    ends_at AS "ends_at!",
    price_minor AS "price_minor!",
    taken_minor AS "taken_minor!",
    currency AS "currency!",
    state AS "state!",
    moving AS "moving!"
FROM sales_v1
WHERE venue = $1
  AND date BETWEEN $2 AND $3
