"""The commands of `fairlead`, one module each, and the registry and parser that find them."""
