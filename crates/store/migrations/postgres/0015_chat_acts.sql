-- What a message is about that says nothing of its own: a reaction, or a pin that is set or let go. By these the signs at a
-- message and what is pinned in a group are found, however much was said since.
ALTER TABLE chat_message ADD COLUMN reacts_to text COLLATE "C";
ALTER TABLE chat_message ADD COLUMN pins text COLLATE "C";
-- Nodes of the version before write rows without them, beside those of this one: the database fills them in then.
CREATE FUNCTION chat_message_acts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about text := substring(convert_from(NEW.content, 'UTF8') from '"message":"([^"]*)"');
BEGIN
    IF NEW.content LIKE '{"kind":"reaction",%'::bytea THEN NEW.reacts_to := about; END IF;
    IF NEW.content LIKE '{"kind":"pin",%'::bytea THEN NEW.pins := about; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER chat_message_acts BEFORE INSERT OR UPDATE OF content ON chat_message
    FOR EACH ROW WHEN (NEW.reacts_to IS NULL AND NEW.pins IS NULL AND NEW.content LIKE '{"kind":"%","message":%'::bytea)
    EXECUTE FUNCTION chat_message_acts();
UPDATE chat_message SET content = content WHERE content LIKE '{"kind":"%","message":%'::bytea;
CREATE INDEX chat_message_reaction ON chat_message (app, reacts_to, place) WHERE reacts_to IS NOT NULL;
CREATE INDEX chat_message_pin ON chat_message (app, grp, place) WHERE pins IS NOT NULL;
