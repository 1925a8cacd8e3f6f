INSERT INTO audit_checkpoints (year, size, note)
VALUES ($1, $2, $3)
ON CONFLICT ON CONSTRAINT audit_checkpoints_pkey DO UPDATE
SET size = EXCLUDED.size,
    note = EXCLUDED.note
