CREATE OR REPLACE VIEW public.preferences_v1 AS
SELECT
    id,
    reminders,
    language,
    clock,
    sms_number,
    revision
FROM preferences;
