INSERT INTO logins
    (position, event_id, at, user_id, identifier, outcome, reason, ip, user_agent, session, until, subject)
SELECT
    l.position,
    l.event_id,
    l.at,
    l.user_id,
    l.identifier,
    l.outcome,
    l.reason,
    l.ip,
    l.user_agent,
    l.session,
    l.until,
    l.subject
FROM jsonb_to_recordset($1::jsonb) AS l (
    position   bigint,
    event_id   uuid,
    at         timestamptz,
    user_id    uuid,
    identifier text,
    outcome    text,
    reason     text,
    ip         text,
    user_agent text,
    session    uuid,
    until      timestamptz,
    subject    text
)
