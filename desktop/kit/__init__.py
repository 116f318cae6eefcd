"""The lowest floor: errors, clock, change bus, redaction, translation. Knows nothing above it."""
