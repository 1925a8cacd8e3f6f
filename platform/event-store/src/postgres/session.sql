-- For the connection that appends, and no other.
-- Whatever the database's default is, append_events() needs this.
SET default_transaction_isolation = 'read committed';
-- A call that hangs gives up on the server too, before its client stops waiting (CALL_PATIENCE).
SET statement_timeout = '5s';
-- Planned once, and not anew for each call: a profile saw three fifths of a call with one event in planning.
-- The plan does not depend on how much the arrays hold.
SET plan_cache_mode = 'force_generic_plan';
