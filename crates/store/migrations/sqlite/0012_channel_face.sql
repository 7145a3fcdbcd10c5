-- What the owner of a channel says of it, and when it was deleted.
ALTER TABLE channel ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE channel ADD COLUMN contact_mail TEXT NOT NULL DEFAULT '';
ALTER TABLE channel ADD COLUMN country TEXT NOT NULL DEFAULT '';
ALTER TABLE channel ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE channel ADD COLUMN deleted_at INTEGER;
