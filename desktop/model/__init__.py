"""The nouns of the domain: frozen dataclasses and pure rules, one noun per file."""
