"""Keeps an exception in an override of a Qt method from ending the process on Python 3.11."""

import sys
from collections.abc import Callable
from functools import wraps
from types import FunctionType, MethodDescriptorType
from typing import Any

from PySide6.QtCore import QObject


def normalize_override_errors() -> None:
    """Have every override in a QObject class that is defined from now on raise whole exceptions.

    Before Python 3.12 an exception that C code set (a TypeError of a call, "already deleted") is
    only a type and a text until somebody catches it. PySide 6.11 takes the text for the exception
    when it comes out of an override during another call, and the process ends by a segmentation
    fault.
    """
    if sys.version_info < (3, 12):
        # Through a variable: mypy takes the assignment for a method's.
        base: Any = QObject
        base.__init_subclass__ = classmethod(_wrap_overrides)


def _wrap_overrides(kind: type[QObject], /, **options: Any) -> None:
    super(QObject, kind).__init_subclass__(**options)
    bases = kind.__mro__[1:]
    for name, method in list(vars(kind).items()):
        if isinstance(method, FunctionType) and any(
            isinstance(vars(base).get(name), MethodDescriptorType) for base in bases
        ):
            setattr(kind, name, _with_whole_exceptions(method))


def _with_whole_exceptions(override: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(override)
    def call(*arguments: Any, **options: Any) -> Any:
        try:
            return override(*arguments, **options)
        except BaseException:  # noqa: TRY203 - an exception that was caught once is whole
            raise

    return call
