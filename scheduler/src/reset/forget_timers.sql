-- All of them: one that an end closed may be open again in this log, where that end never came.
DELETE FROM timers
