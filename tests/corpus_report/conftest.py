"""The real samples, where they are at hand."""

from tests.support.samples import corpus

__all__ = ["corpus"]
