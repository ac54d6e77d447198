"""Questions in and out: every format parses to rows that are fine, doubtful or wrong, and says what it cannot carry."""

from quizzes.exchange import aiken, gift, moodlexml, qti, sheet, yamlitems  # noqa: F401 - importing them registers their formats
