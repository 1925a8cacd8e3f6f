CREATE OR REPLACE VIEW public.bookings_v1 AS
SELECT
    id,
    reference,
    court,
    venue,
    player,
    starts_at,
    ends_at,
    zone,
    state,
    generation,
    expires_at,
    price_minor,
    currency,
    terms,
    refund_minor,
    revision,
    held_at,
    changed_at,
    position,
    moved_to
FROM bookings;

CREATE OR REPLACE VIEW public.booking_history_v1 AS
SELECT
    booking,
    revision,
    at,
    event,
    actor
FROM booking_history;
