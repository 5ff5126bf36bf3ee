"""Running a scoring function over many comments; knows nothing of what the scores mean."""
