-- What a batch did to single dates. What it says nothing of stays as it is, or as on any other day.
INSERT INTO venue_dates AS t (venue, date, closed, hours)
SELECT
    d.of,
    d.date,
    coalesce(d.closed, old.closed, false),
    CASE WHEN d.sets_hours THEN nullif(d.hours, 'null') ELSE old.hours END
FROM jsonb_to_recordset($1::jsonb) AS d (
    of         text,
    date       date,
    closed     boolean,
    sets_hours boolean,
    hours      jsonb
)
LEFT JOIN venue_dates AS old
    ON old.venue = d.of
    AND old.date = d.date
ON CONFLICT (venue, date) DO UPDATE
SET
    closed = excluded.closed,
    hours = excluded.hours
