"""The command line, the start-up of the window, and the wiring of one workspace's services."""
