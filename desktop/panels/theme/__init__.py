"""How Fairlead looks: colour and size tokens, palette, style sheet, fonts and icons."""
