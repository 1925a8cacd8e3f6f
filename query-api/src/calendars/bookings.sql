SELECT
    b.reference AS "reference!",
    c.name AS "court!",
    v.name AS "venue!",
    b.starts_at AS "starts_at!",
    b.ends_at AS "ends_at!",
    b.changed_at AS "changed_at!"
FROM bookings_v1 AS b
JOIN courts_v1 AS c ON c.code = b.court
JOIN venues_v1 AS v ON v.id = b.venue
-- Those too that they play along in, wherever they have moved.
WHERE (
    b.player = $1
    OR b.reference = ANY (ARRAY(SELECT p.reference FROM participants_v1 AS p WHERE p.user_id = $1))
)
  AND b.state IN ('confirmed', 'checked_in', 'missed')
  AND b.ends_at > $2
ORDER BY b.starts_at, b.id
LIMIT $3
