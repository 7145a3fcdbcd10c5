-- What the owner of a channel says of it, and when it was deleted. Callers write the name too, freely.
ALTER TABLE channel ALTER COLUMN name TYPE bytea USING convert_to(name, 'UTF8');
ALTER TABLE channel ADD COLUMN description bytea NOT NULL DEFAULT '';
ALTER TABLE channel ADD COLUMN contact_mail bytea NOT NULL DEFAULT '';
ALTER TABLE channel ADD COLUMN country bytea NOT NULL DEFAULT '';
ALTER TABLE channel ADD COLUMN address bytea NOT NULL DEFAULT '';
ALTER TABLE channel ADD COLUMN deleted_at bigint;
