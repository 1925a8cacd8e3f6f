-- What a batch left of people's links: where `digest` is NULL, there is none.
MERGE INTO calendars AS p
USING jsonb_to_recordset($1::jsonb) AS c (id uuid, digest text)
ON p.id = c.id
WHEN MATCHED AND c.digest IS NULL THEN
    DELETE
WHEN MATCHED THEN
    UPDATE SET digest = c.digest
WHEN NOT MATCHED AND c.digest IS NOT NULL THEN
    INSERT (id, digest)
    VALUES (c.id, c.digest)
