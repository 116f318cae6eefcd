"""The operating system's timer that runs due syncs while no window is open."""
