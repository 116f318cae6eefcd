"""The lock of the one window, and the socket by which a second start hands over its argument."""
