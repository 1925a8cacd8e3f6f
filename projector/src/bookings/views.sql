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
    moved_to,
    -- What came for it and has not to go back.
    coalesce(
        (
            SELECT sum(p.amount_minor)
            FROM payments AS p
            WHERE p.booking = bookings.id
              AND NOT EXISTS (
                  SELECT 1
                  FROM refunds AS r
                  WHERE r.booking = p.booking
                    AND r.payment_reference = p.payment_reference
              )
        ),
        0
    )::bigint AS paid_minor
FROM bookings;

CREATE OR REPLACE VIEW public.booking_history_v1 AS
SELECT
    booking,
    revision,
    at,
    event,
    actor
FROM booking_history;

CREATE OR REPLACE VIEW public.refunds_v1 AS
SELECT
    refunds.booking,
    refunds.payment_reference,
    bookings.reference,
    bookings.court,
    bookings.venue,
    bookings.player,
    bookings.starts_at,
    refunds.amount_minor,
    refunds.currency,
    refunds.why,
    refunds.required_at,
    refunds.settled_at,
    refunds.settled_by,
    refunds.position
FROM refunds
JOIN bookings ON bookings.id = refunds.booking;
