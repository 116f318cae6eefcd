"""Start-up of the window, before and after its first paint."""
