-- Every booking that user $1 ever had.
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
WHERE player = $1
ORDER BY starts_at, id
