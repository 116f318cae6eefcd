"""What a person sees: main window, panels, dialogs. Draws and forwards, decides nothing."""
