"""The window: widgets of the main window, pages, panels and dialogs. They draw and forward."""
