-- Whose record it is, where it is, and the checkpoint that was last signed of its year.
SELECT
    receipts.subject,
    receipts.year,
    receipts.index,
    checkpoints.size AS "size?",
    checkpoints.note AS "note?"
FROM receipts_v1 AS receipts
LEFT JOIN audit_checkpoints_v1 AS checkpoints ON checkpoints.year = receipts.year
WHERE receipts.event_id = $1
