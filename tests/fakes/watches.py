"""Nobody looks on."""


class NobodyWatches:
    """Implements `roundup.pipeline.Watch`."""

    def begin(self, what: str, total: int) -> None:
        """Nothing."""

    def step(self) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""

    def note(self, sentence: str) -> None:
        """Nothing."""
