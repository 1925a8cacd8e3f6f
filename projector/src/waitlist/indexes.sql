CREATE INDEX IF NOT EXISTS waitlist_by_user
    ON waitlist (user_id, from_at, id);
