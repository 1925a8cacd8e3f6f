-- What a batch did to courts. A row with a venue is a court that was added, and brings everything; of another, what is
-- NULL stays.
MERGE INTO courts AS t
USING jsonb_to_recordset($1::jsonb) AS c (
    code     text,
    venue    text,
    name     text,
    kind     text,
    surface  text,
    indoor   boolean,
    prices   jsonb,
    revision bigint
)
ON t.code = c.code
WHEN MATCHED THEN
    UPDATE SET
        name = coalesce(c.name, t.name),
        kind = coalesce(c.kind, t.kind),
        surface = coalesce(c.surface, t.surface),
        indoor = coalesce(c.indoor, t.indoor),
        prices = coalesce(c.prices, t.prices),
        revision = c.revision
WHEN NOT MATCHED AND c.venue IS NOT NULL THEN
    INSERT (code, venue, name, kind, surface, indoor, prices, revision)
    VALUES (c.code, c.venue, c.name, c.kind, c.surface, c.indoor, c.prices, c.revision)
