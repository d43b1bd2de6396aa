"""What may leave for sharing: rules for small counts, and the door."""
