-- What a batch did to sales. A row with a court was held in it, and brings everything.
MERGE INTO sales AS s
USING jsonb_to_recordset($1::jsonb) AS c (
    booking     text,
    court       text,
    venue       text,
    date        date,
    starts_at   timestamptz,
    ends_at     timestamptz,
    price_minor bigint,
    currency    text,
    state       text,
    moving      boolean
)
ON s.booking = c.booking
WHEN MATCHED AND c.court IS NOT NULL THEN
    UPDATE SET
        starts_at = c.starts_at,
        ends_at = c.ends_at,
        price_minor = c.price_minor,
        currency = c.currency,
        state = c.state,
        moving = c.moving
WHEN MATCHED THEN
    UPDATE SET state = c.state
WHEN NOT MATCHED AND c.court IS NOT NULL THEN
    INSERT (booking, court, venue, date, starts_at, ends_at, price_minor, currency, state, moving)
    VALUES (
        c.booking, c.court, c.venue, c.date, c.starts_at, c.ends_at, c.price_minor, c.currency, c.state, c.moving
    )
