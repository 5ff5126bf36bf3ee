"""What the text model predicts: one head per label that a text alone can show, and `abuse`."""

ABUSE_LABELS = ("insult", "obscenity", "threat", "hate", "sexual")
TEXT_LABELS = (*ABUSE_LABELS, "advertising", "agitation", "bot")
OUTPUTS = (*TEXT_LABELS, "abuse")
"""In the order of the network's outputs; `abuse` is "any of the abuse labels"."""

ODDS = "odds_"
"""A feature of this name is the log odds of the output that the rest of it names."""

SCORED = frozenset({"lv", "ru", "en", "mixed"})
"""Languages of texts that decide vocabulary, n-grams and cuts; others teach by transfer."""
