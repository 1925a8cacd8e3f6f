-- A rebuild may be compared with the live build before it is switched to. Where they differ it stands, in lockstep, until
-- an operator accepts that or ends it.
ALTER TABLE rebuilds
    ADD COLUMN verifies    boolean NOT NULL DEFAULT false,
    ADD COLUMN accepts     boolean NOT NULL DEFAULT false,
    -- The tables that are not the same, and in which rows; NULL until they were compared.
    ADD COLUMN differences jsonb,
    DROP CONSTRAINT rebuilds_state,
    ADD CONSTRAINT rebuilds_state CHECK (
        state IN ('requested', 'building', 'switching', 'differs', 'switched', 'aborted', 'failed')
    );

DROP INDEX rebuilds_unfinished;

CREATE INDEX rebuilds_unfinished
    ON rebuilds (requested_at)
    WHERE state IN ('requested', 'building', 'switching', 'differs');
