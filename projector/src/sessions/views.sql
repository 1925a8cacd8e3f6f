CREATE OR REPLACE VIEW public.sessions_v1 AS
SELECT
    id,
    user_id,
    started_at,
    refreshed_at,
    refresh_until,
    ends_at,
    revoked_at
FROM sessions;
