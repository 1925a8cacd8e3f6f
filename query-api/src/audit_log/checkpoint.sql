SELECT
    size AS "size!",
    note AS "note!"
FROM audit_checkpoints_v1
WHERE year = $1
