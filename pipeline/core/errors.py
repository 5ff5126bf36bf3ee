"""Errors that the operator can fix: what, where, and the next step."""

import errno


class PipelineError(Exception):
    """A problem with input, settings or environment; the command line prints it and exits 1.

    `message` names the place and the offending value, `hint` the next step. Neither may carry
    comment text or names: they end up in logs.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(PipelineError):
    """A command was called in a way that cannot work; the command line exits 2."""


class TemporaryError(PipelineError):
    """A problem that passes without anybody mending it, such as another run at work; exit 75.

    The same command, run again later, goes on where it was.
    """


class Stopped(SystemExit):
    """Somebody ended the program with a signal; the command line exits 128 + its number.

    Not an Exception: nothing on the way may take it for a failed detector.
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


def is_want_of_memory(error: Exception) -> bool:
    """Tell whether an error is the system's refusal of memory, in Python or in a library."""
    words = ("bad_alloc", "bad allocation", "start new thread", "std::system_error")
    return (
        isinstance(error, MemoryError)
        or getattr(error, "errno", None) == errno.ENOMEM
        or any(word in str(error) for word in words)
    )
