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
    kept.paid_minor,
    -- What a move to where it costs more left open, if its owner pays before playing.
    CASE WHEN id <> reference AND (must_be_paid OR kept.paid_minor > 0)
        THEN nullif(greatest(price_minor - kept.paid_minor, 0), 0)
    END AS due_minor
FROM bookings
CROSS JOIN LATERAL (
    SELECT coalesce(sum(p.amount_minor), 0)::bigint AS paid_minor
    FROM payments AS p
    WHERE p.booking = bookings.id
      AND NOT EXISTS (
          SELECT 1
          FROM refunds AS r
          WHERE r.booking = p.booking
            AND r.payment_reference = p.payment_reference
      )
) AS kept;

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
