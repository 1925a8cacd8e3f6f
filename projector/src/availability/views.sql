CREATE OR REPLACE VIEW public.taken_v1 AS
SELECT
    court,
    date,
    booking,
    during,
    expires_at,
    blocked,
    block,
    cause
FROM taken;
