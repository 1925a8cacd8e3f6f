-- What happened, happened. These guards hold against mistakes, by the owner of the table too; against a person with
-- the owner's password they are a speed bump, and the audit log's signed tree heads are the witness.

CREATE FUNCTION refuse_to_change_events() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed: % refused', TG_OP
        USING ERRCODE = 'object_not_in_prerequisite_state',
              HINT = 'Append an event that says what is true now.';
END
$$;

CREATE TRIGGER events_are_never_changed
    BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_events();

-- An INSERT beside the function would take its number without the lock, and a follower could miss it for ever.
CREATE FUNCTION refuse_stray_events() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF current_setting('courtside.appending', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'events are appended by append_events() only'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER events_are_only_appended
    BEFORE INSERT ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_stray_events();

REVOKE ALL ON events FROM PUBLIC;
