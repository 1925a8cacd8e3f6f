-- A venue whose closures this log never knew would have everything that is sold looked at, for ever.
DELETE FROM announcements
