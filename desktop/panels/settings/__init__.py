"""The cards that the set-up and the settings share; each draws one model."""
