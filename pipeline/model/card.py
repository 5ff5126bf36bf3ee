"""The model card: what a release learned from, what it can do, and what it cannot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.settings import Settings, TrainSettings

LIMITS = """\
- It reads text alone: no pictures, no thread. Irony that only the thread gives away is missed.
- `disinformation`, `personal_data` and `anti_state` have no head: a text classifier would learn
  topics and punish opinions. Claims that were debunked, rules and moderators decide on them.
- Threats without a swear word, wishes of harm and veiled insults are still found less often than
  open ones: see the behaviour suites.
- Languages other than Latvian, Russian and English are not scored; a person looks at them.
- Public sets of forum comments decide much of what the model knows of abuse; one
  annotator's view of an insult is not everybody's.
- A probability describes a comment, never the person who wrote it.
"""


@dataclass(frozen=True)
class TrainingSet:
    """A set that a model met: how many rows of it, under which licence, and whether it learned."""

    name: str
    n_rows: int
    licence: str
    trains: bool


def render_card(metrics: Mapping[str, Any], sets: Iterable[TrainingSet], settings: Settings) -> str:
    """Return the card as Markdown; every figure in it comes from `metrics`."""
    parts = [
        "# Model card",
        "Flags comments that may break clauses 8.1, 8.3 and 8.4 of rules No 4/2024, for people to "
        "decide. Figures are printed by `saruna evaluate`; test and calib share no comment, pair "
        "or near-duplicate.",
        "## Learned from",
        training_table(sets),
        "## Abuse per set",
        "Threshold on the calibrated probability: the best for F1 on the set's own calib split (of "
        "its language where it has none); intervals are 95 % bootstrap.",
        set_table(metrics["sets"], "at_calib"),
    ]
    if metrics.get("strangers"):
        parts += [
            "Sets kept out of training altogether:",
            set_table(metrics["strangers"], "at_calib"),
        ]
    parts += [
        "## Per label and language",
        "At the threshold under which comments are cleared. The sample holds far more violations "
        f"than real traffic; the base rate is {settings.calibrate.base_rate:.0%}.",
        label_table(metrics["outputs"]),
    ]
    parts += ["## Lawful criticism", criticism_table(metrics["criticism"])]
    parts += ["## Behaviour suites", suite_table(metrics["suites"])]
    if metrics.get("baselines"):
        parts += [
            "## Simpler models on the same rows",
            "AUC of `abuse`. TF-IDF with logistic regression, words and characters; the untouched "
            f"base encoder with a linear head, fitted on {metrics['baselines']['n_encoded']} "
            "comments; TF-IDF that never saw the set (`saruna baseline`).",
            baseline_table(metrics),
            "AUC on the project's own test comments against the part of its own labels that the "
            "linear head on the untouched encoder learns from:",
            curve_table(metrics["baselines"]["curve"]),
        ]
    parts += [
        "## Slices",
        "Figures of `abuse` at the threshold under which comments are cleared.",
        label_table(metrics["slices"], "slice"),
        "## Respelled violations",
        "Recall on the project's own violations in test, as written and respelled.",
        robustness_table(metrics["robustness"]),
    ]
    if metrics.get("faithfulness"):
        parts += [
            "## The words that are shown",
            "By how much more the logit of `abuse` falls when the shown words are taken out than "
            "when as many random ones are (comprehensiveness), and by how much less it falls when "
            "they alone are left (sufficiency); 95 % intervals (`saruna evaluate --release`).",
            faithfulness_table(metrics["faithfulness"]),
        ]
    parts += ["## What it cannot do", LIMITS]
    parts += [
        "## How it was made",
        f"Base encoder `{settings.encoder.base}` (multilingual-e5-small, MIT), windows of "
        f"{settings.encoder.max_tokens} tokens, {settings.train.epochs} epochs at most on "
        f"all sets and {settings.train.focus.epochs} on the municipality's own, seed "
        f"{settings.train.seed}{origin(settings.train)}; docs/training.md and the MLflow run have "
        "the rest.",
    ]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def origin(train: TrainSettings) -> str:
    """Return which earlier releases the weights go back to, as part of a clause."""
    mean = ", from its mean with the one before it" if train.average_with else ""
    start = f", going on from an earlier release{mean}" if train.start_from else ""
    end = "; the weights are the mean of these and of an earlier release"
    return start + (end if train.end_average_with else "")


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table."""
    names = list(header)
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(shown(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def shown(cell: object) -> str:
    """Return a cell as text: three digits, a dash for nothing."""
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.3f}"
    if isinstance(cell, list | tuple):
        return f"{cell[0]:.3f} to {cell[1]:.3f}"
    return str(cell)


def training_table(sets: Iterable[TrainingSet]) -> str:
    """Return the sets with rows, licence and use."""
    rows = [
        (each.name, each.n_rows, each.licence, "trained" if each.trains else "measured only")
        for each in sets
    ]
    return table(("set", "rows read", "licence", "use"), rows)


def set_table(sets: Mapping[str, Any], key: str) -> str:
    """Return figures of `abuse` per set."""
    rows = [
        (
            name,
            each[key]["n"],
            each[key]["macro_f1"],
            each[key]["f1"],
            each[key]["f1_interval"],
            each[key]["auc"],
            each[key]["flagged_lawful"],
        )
        for name, each in sets.items()
    ]
    header = ("set", "n", "macro F1", "F1", "F1, 95 %", "AUC", "lawful flagged")
    return table(header, rows)


def baseline_table(metrics: Mapping[str, Any]) -> str:
    """Return the network beside simpler models, per set."""
    simple = metrics["baselines"]
    measured = {**metrics["sets"], **metrics.get("strangers", {})}
    rows = [
        (
            name,
            each["at_calib"]["auc"],
            simple["models"]["tfidf"].get(name, {}).get("auc"),
            simple["models"]["frozen_encoder"].get(name, {}).get("auc"),
            simple["strangers"].get(name, {}).get("auc"),
        )
        for name, each in measured.items()
    ]
    header = ("set", "this model", "TF-IDF", "frozen encoder", "TF-IDF as a stranger")
    return table(header, rows)


def curve_table(curve: Mapping[str, Any]) -> str:
    """Return the learning curve."""
    rows = [
        (part, lang, share, each["n_own"], each["auc"])
        for part, langs in curve.items()
        for lang, shares in langs.items()
        for share, each in shares.items()
    ]
    return table(("labels", "language", "part", "comments", "AUC"), rows)


def robustness_table(robustness: Mapping[str, Any]) -> str:
    """Return what each way of respelling costs."""
    rows = [
        (lang, name, each["n"], each["recall"], each["respelled"], each["cost"])
        for lang, respellings in robustness.items()
        for name, each in respellings.items()
    ]
    return table(("language", "respelling", "n", "recall", "respelled", "cost"), rows)


def faithfulness_table(faithfulness: Mapping[str, Any]) -> str:
    """Return how far the shown words carry the logit, against random words."""
    names = ("comprehensiveness", "sufficiency")
    rows = []
    for lang, each in faithfulness.items():
        if each is not None:
            pairs = ((each[name], each[f"{name}_interval"]) for name in names)
            cells = (f"{value:.1f} ({low:.1f} to {high:.1f})" for value, (low, high) in pairs)
            rows.append((lang, each["n"], *cells))
    return table(("language", "comments", *names), rows)


def label_table(outputs: Mapping[str, Any], what: str = "label") -> str:
    """Return figures per output, or per slice, and language."""
    rows = [
        (
            output,
            lang,
            each["n"],
            each["n_positive"],
            each["auc"],
            each["recall"],
            each["precision"],
            each.get("precision_at_rate"),
            each["flagged_lawful"],
            each["ece"],
        )
        for output, langs in outputs.items()
        for lang, each in langs.items()
        if each["n_positive"]
    ]
    header = (
        what,
        "language",
        "n",
        "positive",
        "AUC",
        "recall",
        "precision",
        "precision at the base rate",
        "lawful flagged",
        "ECE",
    )
    return table(header, rows)


def criticism_table(criticism: Mapping[str, Any]) -> str:
    """Return how much lawful criticism is flagged."""
    rows = [
        (lang, each["n"], each["flagged"], each["priority"]) for lang, each in criticism.items()
    ]
    return table(("language", "n", "sent to review", "priority"), rows)


def suite_table(suites: Mapping[str, Any]) -> str:
    """Return the behaviour suites, with the functionalities that fall short of 75 %."""
    rows = []
    for lang, each in suites.items():
        weak = [
            f"{name} {share:.2f}" for name, share in each["functionalities"].items() if share < 0.75
        ]
        rows.append(
            (
                lang,
                each["n"],
                each["accuracy"],
                each["recall"],
                each["flagged_lawful"],
                ", ".join(weak) or None,
            )
        )
    return table(("suite", "cases", "right", "recall", "lawful flagged", "below 75 %"), rows)
