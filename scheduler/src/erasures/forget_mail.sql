-- The demo's inbox alone: what was caught for the one who is being erased.
DELETE FROM inbox
WHERE lower(recipient) = lower($1)
