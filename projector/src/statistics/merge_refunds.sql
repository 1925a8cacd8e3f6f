-- What a batch did to refunds. Without an amount one was withdrawn.
MERGE INTO sale_refunds AS r
USING jsonb_to_recordset($1::jsonb) AS c (booking text, payment_reference text, amount_minor bigint)
ON r.booking = c.booking AND r.payment_reference = c.payment_reference
WHEN MATCHED AND c.amount_minor IS NULL THEN
    DELETE
WHEN MATCHED THEN
    UPDATE SET amount_minor = c.amount_minor
WHEN NOT MATCHED AND c.amount_minor IS NOT NULL THEN
    INSERT (booking, payment_reference, amount_minor)
    VALUES (c.booking, c.payment_reference, c.amount_minor)
