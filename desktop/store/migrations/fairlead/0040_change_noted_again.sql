-- The triggers of shared tables note a change by INSERT OR REPLACE. Where the statement that fires
-- one has a conflict clause of its own, as an upsert has, SQLite uses that in place of REPLACE
-- (https://sqlite.org/lang_createtrigger.html), and a row changed twice before it was handed in was
-- refused. What is noted "as of 0.0" is there to give way.
CREATE TRIGGER shared_change_again BEFORE INSERT ON shared_change
WHEN NEW.at <> 0.0 BEGIN
    DELETE FROM shared_change WHERE kind = NEW.kind AND key = NEW.key;
END;
