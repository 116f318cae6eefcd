"""View-models of the cards that the set-up wizard and the settings page share."""
