"""The top floor: the command line, the window's start, and the wiring of it all."""
