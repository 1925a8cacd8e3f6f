CREATE OR REPLACE VIEW public.participants_v1 AS
SELECT
    p.reference,
    p.user_id,
    p.joined_at,
    p.position
FROM participants AS p
WHERE NOT EXISTS (
    SELECT
    FROM participants_erased AS e
    WHERE e.user_id = p.user_id
);
