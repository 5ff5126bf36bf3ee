"""Components: the detectors, put into blank spaCy pipelines and run over many texts.

A detector's module registers its component under a name; the component adds what it finds to
`doc._.saruna_findings` and what it measures to `doc._.saruna_features`. Offsets are those of the
text it was given. To join a detector, import its module here and add a line to DETECTORS.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.signals import lexicon, personal_data, promotion
from pipeline.signals.documents import Doc, Language, blank
from pipeline.signals.finding import Finding

LANGUAGES = ("lv", "ru", "en")
ANY_LANGUAGE = "xx"
"""spaCy's name for the pipeline of all other languages."""
STRINGS_KEPT = 50_000
"""A pipeline that holds more strings is made anew: spaCy keeps every word that it has seen.

Its memory zones would let go of them too, but tokenise without a cache (0.29 ms for a comment
instead of 0.20), and their tables keep growing with the number of different words.
"""

for _name in ("saruna_findings", "saruna_features"):
    if not Doc.has_extension(_name):
        # spaCy copies a default that can be changed, so that documents do not share it.
        Doc.set_extension(_name, default=[] if _name == "saruna_findings" else {})


@dataclass(frozen=True)
class Detector:
    """A registered component, and the label that it alone speaks for."""

    name: str
    component: str
    serves: str | None = None


DETECTORS: tuple[Detector, ...] = (
    Detector("lexicon", lexicon.COMPONENT),
    Detector("promotion", promotion.COMPONENT),
    Detector("personal_data", personal_data.COMPONENT, serves="personal_data"),
)
"""In the order in which they run."""


@dataclass(frozen=True)
class Found:
    """What the detectors said of one text, and the names of those that failed on it."""

    findings: tuple[Finding, ...]
    features: Mapping[str, float]
    failed: tuple[str, ...]


class Signals:
    """The pipelines, each built when the first text of its language comes, and when it is full."""

    def __init__(
        self,
        detectors: Sequence[Detector] = DETECTORS,
        config: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        self.detectors = tuple(detectors)
        self.config = config or {}
        """For detectors by name what their components are told."""
        self._pipelines: dict[str, Language] = {}

    def find(self, texts: Iterable[tuple[str, str]]) -> list[Found]:
        """Return what the detectors say of each text, given with its language, in order."""
        return [self._run(self._pipeline(lang), text) for text, lang in texts]

    def probs(self, found: Found) -> dict[str, float | None]:
        """Return a probability for every label that one detector alone speaks for.

        It is the highest confidence among its findings, 0 without one, None when it failed.
        """
        return {
            detector.serves: None
            if detector.name in found.failed
            else max(
                (each.confidence for each in found.findings if each.label == detector.serves),
                default=0.0,
            )
            for detector in self.detectors
            if detector.serves
        }

    def _pipeline(self, lang: str) -> Language:
        key = lang if lang in LANGUAGES else ANY_LANGUAGE
        kept = self._pipelines.get(key)
        if kept is None or len(kept.vocab.strings) > STRINGS_KEPT:
            pipeline = blank(key)
            for detector in self.detectors:
                told = dict(self.config.get(detector.name, {}))
                pipeline.add_pipe(detector.component, name=detector.name, config=told)
            self._pipelines[key] = pipeline
        return self._pipelines[key]

    def _run(self, pipeline: Language, text: str) -> Found:
        # Not `pipeline.pipe`: that drops a document when one component fails on it.
        doc = pipeline.make_doc(text)
        failed = []
        for name, component in pipeline.pipeline:
            before = list(doc._.saruna_findings), dict(doc._.saruna_features)
            try:
                doc = component(doc)
            except MemoryError:
                # Not the detector's fault: with more memory the night comes out differently.
                raise
            except Exception:
                # Whatever went wrong in a detector: the others and the model still speak.
                failed.append(name)
                doc._.saruna_findings, doc._.saruna_features = before
        return Found(tuple(doc._.saruna_findings), dict(doc._.saruna_features), tuple(failed))
