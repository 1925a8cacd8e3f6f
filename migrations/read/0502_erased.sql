-- Who was erased stays known here, so that every start can see whether a restored vault has brought a key back.
ALTER TABLE erasures ADD COLUMN finished boolean NOT NULL DEFAULT false;

DROP INDEX erasures_due;
CREATE INDEX erasures_due ON erasures (next_attempt_at) WHERE NOT finished;
