CREATE OR REPLACE VIEW public.calendars_v1 AS
SELECT
    id,
    digest
FROM calendars;
