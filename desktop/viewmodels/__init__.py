"""View-models: what a panel shows and may do. Qt only as far as QtCore."""
