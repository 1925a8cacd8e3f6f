-- What user $1 waits for at $2.
SELECT
    id AS "id!",
    venue AS "venue!",
    from_at AS "from_at!",
    to_at AS "to_at!",
    minutes AS "minutes!",
    court,
    kind,
    surface,
    indoor,
    joined_at AS "joined_at!",
    offer_booking,
    offer_starts_at,
    offer_ends_at,
    offer_until
FROM waitlist_v1
WHERE user_id = $1
  AND state = 'waiting'
  AND to_at > $2
  AND ($3::timestamptz IS NULL OR (from_at, id) > ($3, $4))
ORDER BY from_at, id
LIMIT $5
