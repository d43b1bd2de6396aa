"""What may leave for sharing: rules for small counts."""
