-- What a batch did to refunds. A row with a reason was required in it; of another, only what follows changes.
MERGE INTO refunds AS r
USING jsonb_to_recordset($1::jsonb) AS c (
    booking           text,
    payment_reference text,
    amount_minor      bigint,
    currency          text,
    why               text,
    required_at       timestamptz,
    settled_at        timestamptz,
    settled_by        text,
    withdrawn         boolean,
    position          bigint
)
ON r.booking = c.booking AND r.payment_reference = c.payment_reference
WHEN MATCHED AND c.withdrawn THEN
    DELETE
WHEN MATCHED AND c.why IS NOT NULL THEN
    UPDATE SET
        amount_minor = c.amount_minor,
        currency = c.currency,
        why = c.why,
        required_at = c.required_at,
        settled_at = c.settled_at,
        settled_by = c.settled_by,
        position = c.position
WHEN MATCHED THEN
    UPDATE SET
        settled_at = c.settled_at,
        settled_by = c.settled_by
WHEN NOT MATCHED AND c.why IS NOT NULL AND NOT c.withdrawn THEN
    INSERT (
        booking, payment_reference, amount_minor, currency, why, required_at, settled_at, settled_by, position
    )
    VALUES (
        c.booking, c.payment_reference, c.amount_minor, c.currency, c.why, c.required_at, c.settled_at, c.settled_by,
        c.position
    )
