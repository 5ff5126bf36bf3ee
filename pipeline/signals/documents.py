"""spaCy's documents and pipelines, without the torch that it loads where training is installed.

Nothing here computes with it, and it would take 126 MB of every process of a night.
"""

import sys

_was_loaded = "torch" in sys.modules
if not _was_loaded:
    # None says "not there" to whoever imports it meanwhile; the stubs know modules alone.
    sys.modules["torch"] = None  # type: ignore[assignment]
try:
    from spacy import blank
    from spacy.language import Language
    from spacy.tokens import Doc
finally:
    if not _was_loaded:
        del sys.modules["torch"]

__all__ = ["Doc", "Language", "blank"]
