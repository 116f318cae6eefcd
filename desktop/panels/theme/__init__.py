"""Design tokens, palette, style sheet, fonts and icons."""
