-- What a message is about that says nothing of its own: a reaction, or a pin that is set or let go. By these the signs at a
-- message and what is pinned in a group are found, however much was said since.
ALTER TABLE chat_message ADD COLUMN reacts_to text COLLATE "C";
ALTER TABLE chat_message ADD COLUMN pins text COLLATE "C";
UPDATE chat_message SET reacts_to = substring(convert_from(content, 'UTF8') from '"message":"([^"]*)"')
    WHERE content LIKE '{"kind":"reaction",%'::bytea;
UPDATE chat_message SET pins = substring(convert_from(content, 'UTF8') from '"message":"([^"]*)"')
    WHERE content LIKE '{"kind":"pin",%'::bytea;
CREATE INDEX chat_message_reaction ON chat_message (app, reacts_to, place) WHERE reacts_to IS NOT NULL;
CREATE INDEX chat_message_pin ON chat_message (app, grp, place) WHERE pins IS NOT NULL;
