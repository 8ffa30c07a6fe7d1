"""A page of results from saved predictions, with the tallies it stands on."""
