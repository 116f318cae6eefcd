-- Who made an edit, by what nobody can change: the Zendesk user id, without Zendesk the computer
-- account. Empty where it was not confirmed who that is, and before this version.
ALTER TABLE outbox ADD COLUMN actor_key TEXT NOT NULL DEFAULT '';
