-- A mail is text and a page. SMS, and mails from before, have only the text.
ALTER TABLE inbox ADD COLUMN html text;
