"""Independent references written from the paper, for the tests alone."""
