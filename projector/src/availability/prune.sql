-- All but about the newest $1.
DELETE FROM live_changes
WHERE n <= (
    SELECT max(n)
    FROM live_changes
) - $1
