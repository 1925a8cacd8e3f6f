SELECT
    booking AS "booking!",
    payment_reference AS "payment_reference!",
    amount_minor AS "amount_minor!",
    currency AS "currency!",
    why AS "why!",
    required_at AS "required_at!",
    settled_at
FROM refunds_v1
WHERE player = $1
ORDER BY position
