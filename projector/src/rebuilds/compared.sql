-- What was found different, and whether an operator has to say something about it: then nobody works on it until then.
UPDATE rebuilds
SET
    differences = $2,
    state = CASE WHEN $3 OR accepts THEN state ELSE 'differs' END,
    lease_until = CASE WHEN $3 OR accepts THEN lease_until END
WHERE id = $1
RETURNING state = 'differs' AS "stands!"
