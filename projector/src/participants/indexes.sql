CREATE INDEX IF NOT EXISTS participants_by_user
    ON participants (user_id, position);
