"""The forms of the case page, checked against the municipality's policy."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from pipeline.desk import rules
from pipeline.desk.evidence import Shown
from pipeline.desk.models import TWO_PERSON_ACTIONS, Action, Case, User, Verdict
from pipeline.desk.shown_text import excerpt
from pipeline.desk.verdicts import Decision, opened_token, seconds_since_opened

LONGEST_NOTE = 4000
WHOLE = "whole"


def find_passage(text: str, quote: str) -> tuple[int, int] | None:
    """Return where a passage stands in a comment, however its blanks and capitals are written."""
    words = quote.split()
    if not words:
        return None
    match = re.search(r"\s+".join(map(re.escape, words)), text, re.IGNORECASE)
    return match.span() if match else None


def evidence_choice(each: Shown) -> str:
    """Return one line for evidence that may be chosen."""
    words = ", ".join((*each.quotes[:4], *each.masked[:2], *each.facts[:3]))
    named = f"{rules.label_title(each.label)} · {each.title}"
    return f"{named}: {excerpt(words, 80)}" if words else named


class TimedForm(forms.Form):
    """A form that carries a signed note of when its page was opened."""

    opened = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, case: Case, user: User, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {})["opened"] = opened_token(case, user)
        super().__init__(*args, **kwargs)
        self.case = case
        self.user = user

    def clean_opened(self) -> int:
        """Return the seconds that the person had the case before them."""
        seconds = seconds_since_opened(self.cleaned_data["opened"], self.case, self.user)
        if seconds is None:
            raise forms.ValidationError(_("This page is out of date. Open the case again."))
        return seconds


class VerdictForm(TimedForm):
    """No violation, a violation with labels and an action, or a question to Communications."""

    verdict = forms.ChoiceField(
        choices=Verdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a verdict.")},
    )
    labels = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    clause = forms.ChoiceField(required=False)
    evidence = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    quote = forms.CharField(required=False, max_length=LONGEST_NOTE, strip=True)
    action = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    note = forms.CharField(
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self, case: Case, user: User, *args: Any, text: str, shown: list[Shown], **kwargs: Any
    ) -> None:
        super().__init__(case, user, *args, **kwargs)
        self.text = text
        self.shown = {each.name: each for each in shown}
        language = rules.language()
        self.choices_of("evidence").choices = [
            *((each.name, evidence_choice(each)) for each in shown),
            (WHOLE, _("The whole comment")),
        ]
        self.choices_of("labels").choices = [
            (label.id, label.title.in_language(language)) for label in rules.rules().label_rules
        ]
        self.choices_of("clause").choices = [
            ("", pgettext_lazy("clause", "As the labels say")),
            *((clause.id, str(clause.id)) for clause in rules.content_clauses()),
        ]
        self.choices_of("action").choices = [
            (Action.NONE.value, str(Action.NONE.label)),
            *(
                (action.id, action.title.in_language(language))
                for action in rules.violation_actions()
            ),
        ]

    def choices_of(self, name: str) -> forms.ChoiceField:
        """Return a field whose choices come from the policy."""
        field = self.fields[name]
        if not isinstance(field, forms.ChoiceField):
            raise TypeError(name)
        return field

    def clean(self) -> dict[str, Any]:
        """Check that verdict, labels, clause, evidence, action and note agree."""
        data = super().clean() or self.cleaned_data
        verdict, note = data.get("verdict"), data.get("note", "").strip()
        if verdict == Verdict.VIOLATION:
            self.check_violation(data, note)
        elif verdict == Verdict.ESCALATE and not note:
            self.add_error("note", _("Write what you would like to ask."))
        return data

    def check_violation(self, data: dict[str, Any], note: str) -> None:
        """Add an error for each part of a violation that is missing or does not fit the rules."""
        labels = [label for label in map(rules.find_label, data.get("labels") or ()) if label]
        action, clause = data.get("action"), data.get("clause")
        if not labels:
            self.add_error("labels", _("Choose at least one kind of violation."))
        if not action:
            self.add_error("action", _("Choose an action."))
        if labels and clause and not any(clause in label.clauses for label in labels):
            self.add_error("clause", _("This clause does not cover the chosen kinds."))
        fits = action == Action.NONE or any(action in label.actions for label in labels)
        if labels and action and not fits:
            self.add_error("action", _("The rules do not provide this action for these kinds."))
        self.check_evidence(data)
        if action not in TWO_PERSON_ACTIONS:
            return
        if not note:
            self.add_error("note", _("Give the reason: a second person will decide by it."))
        if self.case.n_comments > 1:
            self.add_error(
                "action", _("Not for several comments at once: split the case and decide each.")
            )

    def check_evidence(self, data: dict[str, Any]) -> None:
        """Add an error when nothing is named as evidence, or a passage that is not there."""
        quote = data.get("quote", "")
        if quote and find_passage(self.text, quote) is None:
            self.add_error("quote", _("This passage is not in the comment."))
        elif not quote and not data.get("evidence"):
            self.add_error("evidence", _("Name the evidence: what in the comment breaks the rule."))

    def chosen_evidence(self) -> tuple[dict[str, Any], ...]:
        """Return what the person rests the verdict on, by place and not by words."""
        pieces: list[dict[str, Any]] = []
        for name in self.cleaned_data.get("evidence", ()):
            if name == WHOLE:
                pieces.append({"kind": WHOLE})
            else:
                pieces += [dict(piece) for piece in self.shown[name].pieces]
        place = find_passage(self.text, self.cleaned_data.get("quote", ""))
        if place is not None:
            pieces.append({"kind": "quote", "start": place[0], "end": place[1]})
        return tuple(pieces)

    def decision(self) -> Decision:
        """Return what the person decided; the form must be valid."""
        data = self.cleaned_data
        verdict = Verdict(data["verdict"])
        note, seconds = data["note"].strip(), data["opened"]
        if verdict == Verdict.ESCALATE:
            return Decision(verdict=verdict, action=Action.ESCALATE, note=note, seconds=seconds)
        if verdict == Verdict.NO_VIOLATION:
            return Decision(verdict=verdict, note=note, seconds=seconds)
        labels = tuple(data["labels"])
        broken = {clause for label in labels for clause in rules.rules().clauses_of(label)}
        action = Action(data["action"])
        return Decision(
            verdict=verdict,
            labels=labels,
            clauses=(data["clause"],) if data["clause"] else tuple(sorted(broken)),
            action=action,
            note=note,
            evidence=self.chosen_evidence(),
            seconds=seconds,
            second_person=any(
                known.id == action and known.needs_second_person
                for known in rules.violation_actions()
            ),
        )


class SecondForm(TimedForm):
    """A second person's answer to an action against a person or a thread."""

    answer = forms.ChoiceField(
        choices=[("confirm", _("Confirm")), ("decline", _("Decline"))],
        error_messages={"required": _("Confirm or decline.")},
    )
    note = forms.CharField(
        required=False, max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean(self) -> dict[str, Any]:
        """Check that a refusal says why."""
        data = super().clean() or self.cleaned_data
        if data.get("answer") == "decline" and not data.get("note", "").strip():
            self.add_error("note", gettext("Say why you decline."))
        return data


class BlindForm(TimedForm):
    """A judgement that measures: no violation, or a violation with its kinds."""

    verdict = forms.ChoiceField(
        choices=[
            (Verdict.NO_VIOLATION.value, Verdict.NO_VIOLATION.label),
            (Verdict.VIOLATION.value, Verdict.VIOLATION.label),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a verdict.")},
    )
    labels = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, case: Case, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(case, user, *args, **kwargs)
        field = self.fields["labels"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [
                (label.id, label.title.in_language(rules.language()))
                for label in rules.rules().label_rules
            ]

    def clean(self) -> dict[str, Any]:
        """Check that a violation names its kinds, and that nothing else does."""
        data = super().clean() or self.cleaned_data
        is_violation = data.get("verdict") == Verdict.VIOLATION
        if is_violation and not data.get("labels"):
            self.add_error("labels", _("Choose at least one kind of violation."))
        if not is_violation:
            data["labels"] = []
        return data
