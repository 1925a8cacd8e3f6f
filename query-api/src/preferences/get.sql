SELECT
    reminders AS "reminders!",
    language AS "language!",
    clock AS "clock!",
    sms_number,
    revision AS "revision!"
FROM preferences_v1
WHERE id = $1
