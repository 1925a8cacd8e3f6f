-- Timers of other kinds than holds: some are about no booking, and some wait for weeks.
ALTER TABLE timers
    ALTER COLUMN booking DROP NOT NULL,
    -- NULL where an older build closed it.
    ADD COLUMN closed_at timestamptz,
    -- `event`, `timer`, `sweep` or `operator`: who was first.
    ADD COLUMN closed_by text,
    -- The event that ended it, once the follower has read that. Before, a closed row is still needed.
    ADD COLUMN ended_position bigint,
    -- What waits is known and not armed: the end of play is of no interest before a confirmation.
    DROP CONSTRAINT timers_state_check,
    ADD CONSTRAINT timers_state_check CHECK (state IN ('waiting', 'armed', 'closed'));

-- Ends look for what they end among closed timers too, and confirmations among waiting ones.
DROP INDEX timers_armed_booking;
CREATE INDEX timers_booking ON timers (booking);
-- What can be removed, the oldest first.
CREATE INDEX timers_closed ON timers (COALESCE(closed_at, due_at)) WHERE state = 'closed';
-- The way itself is measured by timers that end nothing: how the last ones fared is asked by itself.
CREATE INDEX timers_canaries ON timers (due_at) WHERE kind = 'canary';
