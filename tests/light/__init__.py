"""What works without torch and without MMPretrain."""
