-- A key that a restored backup brought back is there beside its tombstone, or without one.
SELECT asked.person AS "person!"
FROM unnest($1::text[]) AS asked (person)
WHERE EXISTS (
        SELECT 1
        FROM data_keys
        WHERE subject = asked.person OR starts_with(subject, asked.person || '/')
    )
    OR NOT EXISTS (SELECT 1 FROM tombstones WHERE subject = asked.person)
