-- What docs/rights.md grants; false as well where the log was not made yet.
SELECT coalesce(has_table_privilege(to_regclass('events'), 'SELECT'), false),
       coalesce((SELECT bool_or(has_function_privilege(oid, 'EXECUTE'))
                 FROM pg_proc
                 WHERE proname = 'append_events'
                   AND pronamespace = current_schema()::regnamespace), false)
