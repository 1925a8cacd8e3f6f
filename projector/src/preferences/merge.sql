-- What a batch did to people's preferences. A row with a subject was registered in it. They are set as a whole: where
-- `reminders` is NULL, only the tag has moved.
MERGE INTO preferences AS p
USING jsonb_to_recordset($1::jsonb) AS c (
    id         uuid,
    subject    text,
    reminders  text,
    language   text,
    clock      text,
    sms_number text,
    revision   bigint
)
ON p.id = c.id
WHEN MATCHED THEN
    UPDATE SET
        reminders = coalesce(c.reminders, p.reminders),
        language = coalesce(c.language, p.language),
        clock = coalesce(c.clock, p.clock),
        sms_number = CASE WHEN c.reminders IS NULL THEN p.sms_number ELSE c.sms_number END,
        revision = c.revision
WHEN NOT MATCHED AND c.subject IS NOT NULL THEN
    INSERT (id, reminders, language, clock, sms_number, subject, revision)
    VALUES (c.id, c.reminders, c.language, c.clock, c.sms_number, c.subject, c.revision)
