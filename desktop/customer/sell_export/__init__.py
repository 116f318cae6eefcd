"""The export of everything from Zendesk Sell: files, their manifest, the links to the others."""
