CREATE INDEX IF NOT EXISTS users_by_username
    ON users (username);
