SELECT
    id AS "id!",
    reference AS "reference!",
    court AS "court!",
    venue AS "venue!",
    player,
    starts_at AS "starts_at!",
    ends_at AS "ends_at!",
    zone AS "zone!",
    state AS "state!",
    expires_at,
    price_minor AS "price_minor!",
    currency AS "currency!",
    terms AS "terms!",
    refund_minor,
    revision AS "revision!",
    moved_to,
    paid_minor AS "paid_minor!",
    due_minor
FROM bookings_v1
WHERE (
    $1::uuid IS NULL
    OR player = $1
    -- Where $12, those too that they play along in: not where a booking was before it moved.
    OR (
        $12::boolean
        AND moved_to IS NULL
        AND reference = ANY (ARRAY(SELECT p.reference FROM participants_v1 AS p WHERE p.user_id = $1))
    )
)
  AND ($2::text[] IS NULL OR venue = ANY ($2))
  AND ($3::text IS NULL OR court = $3)
  AND ($4::text IS NULL OR reference = $4)
  AND ($5::text IS NULL OR $5 = CASE WHEN state = 'held' AND expires_at <= $6 THEN 'expired' ELSE state END)
  AND ($7::timestamptz IS NULL OR starts_at >= $7)
  AND ($8::timestamptz IS NULL OR starts_at < $8)
  AND ($9::timestamptz IS NULL OR (starts_at, id) > ($9, $10))
ORDER BY starts_at, id
LIMIT $11
