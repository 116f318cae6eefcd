"""Shared by all suites: servers, clocks, workspaces, drivers of the window and of its pages."""
