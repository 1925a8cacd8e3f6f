-- All but about the newest $1. With its lower bound the index is taken: without, a third of the table is guessed, and read.
DELETE FROM live_changes
WHERE n BETWEEN (
    SELECT min(n)
    FROM live_changes
) AND (
    SELECT max(n)
    FROM live_changes
) - $1
