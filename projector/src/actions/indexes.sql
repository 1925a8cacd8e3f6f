CREATE INDEX IF NOT EXISTS actions_by_actor
    ON actions (actor, position);

CREATE INDEX IF NOT EXISTS actions_by_kind
    ON actions (kind, position);

CREATE INDEX IF NOT EXISTS actions_by_about
    ON actions (about, position);

CREATE INDEX IF NOT EXISTS actions_by_time
    ON actions (at);
