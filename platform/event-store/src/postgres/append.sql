-- The commands of one batch. What it answers is said where the function is made (migrations/log).
SELECT ordinal, outcome, revision, position
FROM append_events($1, $2, $3, $4, $5, $6, $7, $8, $9)
ORDER BY ordinal
