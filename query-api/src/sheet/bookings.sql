-- Who has courts of venue $1 between $2 and $3, at $4, with what the desk may know of them.
SELECT
    b.id AS "id!",
    b.reference AS "reference!",
    b.court AS "court!",
    b.player,
    b.starts_at AS "starts_at!: jiff_sqlx::Timestamp",
    b.ends_at AS "ends_at!: jiff_sqlx::Timestamp",
    b.zone AS "zone!",
    b.state AS "state!",
    b.expires_at AS "expires_at: jiff_sqlx::Timestamp",
    b.price_minor AS "price_minor!",
    b.paid_minor AS "paid_minor!",
    b.currency AS "currency!",
    coalesce(u.display_name, g.name) AS "name",
    coalesce(u.phone, g.phone) AS "phone",
    g.notes
FROM bookings_v1 AS b
LEFT JOIN users_v1 AS u ON u.id = b.player
LEFT JOIN guests_v1 AS g ON g.booking = b.id
WHERE b.venue = $1
  AND b.starts_at >= $2
  AND b.starts_at < $3
  AND (
      b.state IN ('confirmed', 'checked_in', 'missed')
      OR (b.state = 'held' AND (b.expires_at IS NULL OR b.expires_at > $4))
  )
ORDER BY b.starts_at, b.court, b.id
