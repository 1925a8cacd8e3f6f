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
    v.revision
FROM venues AS v;

CREATE OR REPLACE VIEW public.courts_v1 AS
SELECT
    code,
    venue,
    name,
    kind,
    surface,
    indoor,
    prices,
    revision
FROM courts;
