"""The background loops of an open window; `WindowLifecycle` starts each with `repeat_every`."""
