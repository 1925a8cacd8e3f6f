-- When a message was done with: sent ones are removed after a while. NULL where an older build ended it.
ALTER TABLE outbox ADD COLUMN ended_at timestamptz;

CREATE INDEX outbox_sent ON outbox (COALESCE(ended_at, valid_until)) WHERE state IN ('sent', 'expired');
