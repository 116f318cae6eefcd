"""Card widgets that the set-up wizard and the settings page share."""
