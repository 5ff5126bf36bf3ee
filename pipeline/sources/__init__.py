"""Platform exports, saved API pages and plain files become comments; the entry is `detect.py`."""
