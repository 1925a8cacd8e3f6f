-- Court-days of venue $1, or of its court $2, from $3 to $4 that somebody seems to have part of. Advice: the court-day decides.
SELECT DISTINCT
    t.court AS "court!",
    t.date AS "date!: jiff_sqlx::Date"
FROM taken_v1 AS t
JOIN courts_v1 AS c ON c.code = t.court
WHERE c.venue = $1
  AND ($2::text IS NULL OR t.court = $2)
  AND $3 <= t.date
  AND ($4::date IS NULL OR t.date <= $4)
  AND NOT t.blocked
ORDER BY 2, 1
LIMIT $5
