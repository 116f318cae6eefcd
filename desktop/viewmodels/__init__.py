"""What a panel shows and may do; Qt only as far as QtCore. Panels draw it and forward intents."""
