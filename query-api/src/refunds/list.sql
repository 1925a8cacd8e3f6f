SELECT
    booking AS "booking!",
    payment_reference AS "payment_reference!",
    reference AS "reference!",
    court AS "court!",
    venue AS "venue!",
    player,
    starts_at AS "starts_at!",
    amount_minor AS "amount_minor!",
    currency AS "currency!",
    why AS "why!",
    required_at AS "required_at!",
    settled_at,
    settled_by,
    position AS "position!"
FROM refunds_v1
WHERE ($1::text[] IS NULL OR venue = ANY ($1))
  AND ($2::text IS NULL OR venue = $2)
  AND ($3::boolean IS NULL OR (settled_at IS NOT NULL) = $3)
  AND ($4::bigint IS NULL OR position > $4)
ORDER BY position
LIMIT $5
