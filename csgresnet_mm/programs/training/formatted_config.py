"""A config whose text is formatted once, not for every file it goes into."""

from __future__ import annotations

from mmengine.config import Config


class FormattedConfig(Config):
    """As MMEngine's, but ``pretty_text`` is formatted again only if it must.

    yapf takes 0.1 s for it, and a run asks for the text at its start four
    times and twice for each checkpoint.
    """

    _formatted: tuple[str, str] | None = None

    @classmethod
    def of(cls, config: Config) -> FormattedConfig:
        """The same config, which then belongs to both."""
        made = cls.__new__(cls)
        made.__setstate__(config.__getstate__())
        return made

    @property
    def pretty_text(self) -> str:
        """As Python code."""
        key = repr(self.to_dict())
        formatted = self._formatted
        if formatted is None or formatted[0] != key:
            formatted = key, super().pretty_text
            # Config's own __setattr__ would make it a setting
            object.__setattr__(self, '_formatted', formatted)
        return formatted[1]
