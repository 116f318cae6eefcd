"""View-models of the Activity page."""
