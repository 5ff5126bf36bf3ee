"""Serving: the release as an MLflow model, for programs that score texts without a night.

MLflow runs this file when it loads a registered release ("models from code"). The program and the
lists that it reads lie beside the model, so that nothing of the checkout is needed.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pyarrow as pa

from pipeline.core import paths
from pipeline.core.clock import utc_now
from pipeline.core.errors import PipelineError
from pipeline.core.policy import load_policy
from pipeline.core.settings import load_settings
from pipeline.core.tables import COMMENT
from pipeline.model.packing import RELEASE, columns_of
from pipeline.model.release import open_release
from pipeline.stages import score

LANGS = ("lv", "ru", "en", score.UNKNOWN)
"""Languages that a caller may name; a text in the last one is not scored."""
NOWHERE = Path("no claims of its own")
"""The model knows the claims that the project ships, not those of one machine."""
ScoreTexts = Callable[[Sequence[str], Sequence[str | None]], pa.Table]


def open_texts(release_dir: Path) -> ScoreTexts:
    """Return a function from texts and languages (None where unknown) to rows of scores.

    Raises PipelineError when the release is not whole.
    """
    settings, release = load_settings(), open_release(release_dir)
    policy = load_policy(paths.ROOT / settings.policy)
    score.check_labels(policy, release)
    score.check_features(release)
    scorer = score.open_scorer(settings.score, release)
    claims = score.open_claims(scorer, None, NOWHERE)
    signals, now = score.open_signals(settings.score), utc_now()
    score_chunk = partial(score.score_chunk, scorer, signals, claims, policy, settings.score, now)

    def score_texts(texts: Sequence[str], langs: Sequence[str | None]) -> pa.Table:
        rows = [
            {"comment_id": str(at), "source": "model", "text": text}
            for at, text in enumerate(texts)
        ]
        scored = score_chunk(pa.Table.from_pylist(rows, schema=COMMENT), langs)
        return scored.select([*columns_of(policy.labels), "lang"])

    return score_texts


class Served(mlflow.pyfunc.PythonModel):
    """The registered model: a table with `text`, perhaps `lang`, to `prob_<label>` and `lang`."""

    def load_context(self, context: Any) -> None:
        """Open the release that was registered; PipelineError when its files were changed."""
        self.score_texts = open_texts(Path(context.artifacts[RELEASE]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> Any:  # noqa: ARG002
        """Return a row of scores for each row; what was not assessed is NaN."""
        texts = model_input["text"].tolist()
        langs = known_langs(model_input.get("lang", pd.Series([None] * len(texts))).tolist())
        table = self.score_texts(texts, langs).to_pandas()
        return table.astype(dict.fromkeys(table.columns[:-1], "float64"))


def known_langs(given: Sequence[object]) -> list[str | None]:
    """Return languages, None for an empty one; PipelineError for one that the model lacks."""
    langs = [lang if isinstance(lang, str) and lang else None for lang in given]
    odd = sorted({lang for lang in langs if lang not in (None, *LANGS)})
    if odd:
        raise PipelineError(
            f"lang: {', '.join(map(repr, odd))} is no language of this model",
            f"Name one of {', '.join(LANGS)}, or leave it empty: the text tells.",
        )
    return langs


mlflow.models.set_model(Served())
