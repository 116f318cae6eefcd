"""The single-instance lock, and the socket by which a second start hands its argument over."""
