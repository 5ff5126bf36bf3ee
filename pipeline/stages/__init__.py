"""One module per stage, in the order of design and README; a stage never imports another."""
