-- One that is told again is the same.
INSERT INTO sale_payments (booking, payment_reference, amount_minor)
SELECT
    p.booking,
    p.payment_reference,
    p.amount_minor
FROM jsonb_to_recordset($1::jsonb) AS p (booking text, payment_reference text, amount_minor bigint)
ON CONFLICT ON CONSTRAINT sale_payments_pkey DO NOTHING
