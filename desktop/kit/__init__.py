"""The lowest layer: errors, clock, change bus, log redaction."""
