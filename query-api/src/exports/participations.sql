-- What user $1 plays along in, each where it is now. What it costs, and what happened to it, is its booker's.
SELECT
    b.id AS "booking!",
    b.reference AS "reference!",
    b.court AS "court!",
    b.venue AS "venue!",
    b.starts_at AS "starts_at!",
    b.ends_at AS "ends_at!",
    b.state AS "state!",
    p.joined_at AS "joined_at!"
FROM participants_v1 AS p
JOIN bookings_v1 AS b ON b.reference = p.reference
WHERE p.user_id = $1
  AND b.moved_to IS NULL
ORDER BY b.starts_at, b.id
