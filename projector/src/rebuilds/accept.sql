-- Whatever is found different, or was.
UPDATE rebuilds
SET
    accepts = true,
    state = CASE state WHEN 'differs' THEN 'switching' ELSE state END
WHERE id = ANY ($1)
