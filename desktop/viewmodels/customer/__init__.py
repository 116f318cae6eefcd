"""View-models of the customer's sheet, one file per panel."""
