"""The generated pages of docs/: one per environment with its picture, and the gallery."""
