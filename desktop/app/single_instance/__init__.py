"""The single-instance lock and the local socket through which a second start hands over its argument."""
