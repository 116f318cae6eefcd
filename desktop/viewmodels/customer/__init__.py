"""One file per panel of the customer's sheet: what it shows, made from the scene."""
