CREATE OR REPLACE VIEW public.guests_v1 AS
SELECT
    booking,
    name,
    email,
    phone,
    notes
FROM guests;
