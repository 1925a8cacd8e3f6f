-- Nobody but the log's owner may write to its table: the function writes for whoever may call it. So a role that appends
-- needs EXECUTE here and no INSERT anywhere, and around the function there is no way, guarded or not.

-- The settings that 0003 gave the function stay. The path is fixed, so that nobody's own `events` stands before the
-- log's while the function has its owner's rights; temporary tables come last, where unsaid they would come first.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION append_events SECURITY DEFINER SET search_path = pg_catalog, %I, pg_temp',
                   current_schema());
END
$$;

-- Said again, because only now it matters: who may append is granted, never assumed (docs/rights.md).
REVOKE ALL ON FUNCTION append_events FROM PUBLIC;
REVOKE ALL ON FUNCTION refuse_to_change_events, refuse_stray_events FROM PUBLIC;
REVOKE ALL ON events FROM PUBLIC;
