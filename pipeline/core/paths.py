"""Where the project keeps its things."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout; `saruna` is installed from it in place, because releases and policy live there."""

POLICY = ROOT / "data" / "policy" / "ogre-4-2024.yaml"
STATEMENTS = ROOT / "data" / "policy" / "ogre-4-2024-statements.yaml"
PUBLIC_CONTACTS = ROOT / "data" / "policy" / "ogre-public-contacts.yaml"
PARAMS = ROOT / "params.yaml"
RELEASE = ROOT / "models" / "release"
BEHAVIOUR = ROOT / "models" / "behaviour.json"
SAMPLE_NIGHT = ROOT / "data" / "samples" / "night"
STATE = ROOT / "var"
"""Everything a run leaves behind on this machine and git ignores: queue, nights, author key."""
