"""The nouns of the house: frozen dataclasses and pure rules, one noun per file."""
