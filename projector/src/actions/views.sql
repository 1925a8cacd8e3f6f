CREATE OR REPLACE VIEW public.actions_v1 AS
SELECT
    position,
    event_id,
    at,
    by,
    actor,
    role,
    kind,
    about,
    reason,
    details
FROM actions;
