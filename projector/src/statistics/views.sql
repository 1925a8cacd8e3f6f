CREATE OR REPLACE VIEW public.sales_v1 AS
SELECT
    booking,
    court,
    venue,
    date,
    starts_at,
    ends_at,
    price_minor,
    currency,
    state,
    moving,
    -- What a booking that moved was paid goes along with it, and counts there.
    CASE
        WHEN state = 'moved' THEN 0
        ELSE (
            SELECT coalesce(sum(greatest(p.amount_minor - coalesce(r.amount_minor, 0), 0)), 0)::bigint
            FROM sale_payments AS p
            LEFT JOIN sale_refunds AS r
                ON r.booking = p.booking
                AND r.payment_reference = p.payment_reference
            WHERE p.booking = sales.booking
                -- What was kept of it and has a name of its own since counts by that.
                AND NOT EXISTS (
                    SELECT FROM sale_payments AS rest
                    WHERE rest.booking = p.booking
                        AND rest.payment_reference = p.payment_reference || '.rest'
                )
        )
    END AS taken_minor
FROM sales;
