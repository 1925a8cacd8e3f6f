-- What a batch did to courts' time. `taken` brings everything, `kept` sets the end of a hold or makes it one for good, `free` ends it;
-- what was taken and freed in one batch was never here.
MERGE INTO taken AS t
USING jsonb_to_recordset($1::jsonb) AS c (
    booking    text,
    change     text,
    court      text,
    date       date,
    starts_at  timestamptz,
    ends_at    timestamptz,
    expires_at timestamptz,
    block      uuid,
    cause      text
)
ON t.booking = c.booking
WHEN MATCHED AND c.change = 'free' THEN
    DELETE
WHEN MATCHED AND c.change = 'kept' THEN
    UPDATE SET expires_at = c.expires_at
WHEN MATCHED THEN
    UPDATE SET
        during = tstzrange(c.starts_at, c.ends_at),
        expires_at = c.expires_at,
        blocked = c.block IS NOT NULL,
        block = c.block,
        cause = c.cause
WHEN NOT MATCHED AND c.change = 'taken' THEN
    INSERT (booking, court, date, during, expires_at, blocked, block, cause)
    VALUES (
        c.booking, c.court, c.date, tstzrange(c.starts_at, c.ends_at), c.expires_at, c.block IS NOT NULL, c.block,
        c.cause
    )
