CREATE INDEX IF NOT EXISTS logins_by_user
    ON logins (user_id, position);

CREATE INDEX IF NOT EXISTS logins_by_ip
    ON logins (ip, position);

CREATE INDEX IF NOT EXISTS logins_by_time
    ON logins (at);
