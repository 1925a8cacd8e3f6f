CREATE OR REPLACE VIEW public.venues_v1 AS
SELECT
    v.id,
    v.name,
    v.zone,
    v.day_starts_at,
    (
        SELECT coalesce(
            jsonb_agg(jsonb_build_object('from', h.from_date, 'week', h.week) ORDER BY h.from_date),
            '[]'
        )
        FROM venue_hours AS h
        WHERE h.venue = v.id
    ) AS hours,
    v.policy,
    v.revision,
    (
        SELECT coalesce(jsonb_agg(d.date ORDER BY d.date) FILTER (WHERE d.closed), '[]')
        FROM venue_dates AS d
        WHERE d.venue = v.id
    ) AS closed_on,
    (
        SELECT coalesce(
            jsonb_agg(jsonb_build_object('date', d.date) || d.hours ORDER BY d.date)
                FILTER (WHERE d.hours IS NOT NULL),
            '[]'
        )
        FROM venue_dates AS d
        WHERE d.venue = v.id
    ) AS hours_on
FROM venues AS v;

-- `prices` are those before the first date in `later_prices`.
CREATE OR REPLACE VIEW public.courts_v1 AS
SELECT
    c.code,
    c.venue,
    c.name,
    c.kind,
    c.surface,
    c.indoor,
    c.prices,
    c.revision,
    (
        SELECT coalesce(
            jsonb_agg(jsonb_build_object('from', p.from_date, 'prices', p.prices) ORDER BY p.from_date),
            '[]'
        )
        FROM court_prices AS p
        WHERE p.court = c.code
    ) AS later_prices,
    (
        SELECT coalesce(
            jsonb_agg(jsonb_build_object('from', s.from_date, 'state', s.state) ORDER BY s.from_date),
            '[]'
        )
        FROM court_service AS s
        WHERE s.court = c.code
    ) AS service
FROM courts AS c;
