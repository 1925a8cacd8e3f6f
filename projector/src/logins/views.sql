CREATE OR REPLACE VIEW public.logins_v1 AS
SELECT
    position,
    event_id,
    at,
    user_id,
    identifier,
    outcome,
    reason,
    ip,
    user_agent,
    session,
    until
FROM logins;
