"""The built-in catalogues."""
