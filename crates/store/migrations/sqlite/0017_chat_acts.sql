-- What a message is about that says nothing of its own: a reaction, or a pin that is set or let go. By these the signs at a
-- message and what is pinned in a group are found, however much was said since.
ALTER TABLE chat_message ADD COLUMN reacts_to TEXT;
ALTER TABLE chat_message ADD COLUMN pins TEXT;
UPDATE chat_message SET reacts_to = json_extract(content, '$.message') WHERE content LIKE '{"kind":"reaction",%';
UPDATE chat_message SET pins = json_extract(content, '$.message') WHERE content LIKE '{"kind":"pin",%';
CREATE INDEX chat_message_reaction ON chat_message (app, reacts_to, place) WHERE reacts_to IS NOT NULL;
CREATE INDEX chat_message_pin ON chat_message (app, grp, place) WHERE pins IS NOT NULL;
