CREATE OR REPLACE VIEW public.waitlist_v1 AS
SELECT
    id,
    user_id,
    venue,
    date,
    from_at,
    to_at,
    minutes,
    court,
    kind,
    surface,
    indoor,
    joined_at,
    state,
    offer_booking,
    offer_starts_at,
    offer_ends_at,
    offer_until
FROM waitlist;
