-- Courts of venue $1 that fit, and that nobody seems to have from $5 to $6, at $7. Advice: the court-day decides.
SELECT c.code AS "code!"
FROM courts_v1 AS c
WHERE c.venue = $1
  AND ($2::text IS NULL OR c.kind = $2)
  AND ($3::text IS NULL OR c.surface = $3)
  AND ($4::boolean IS NULL OR c.indoor = $4)
  AND NOT EXISTS (
      SELECT 1
      FROM taken_v1 AS t
      WHERE t.court = c.code
        AND t.during && tstzrange($5::timestamptz, $6::timestamptz)
        AND lower(t.during) BETWEEN $5 - interval '48 hours' AND $6
        AND upper(t.during) > $5
        AND (t.expires_at IS NULL OR t.expires_at > $7)
  )
