"""What the one line of a failure may tell of an engine's message."""

import pytest

from sojourn.door import lost_file

FILE = "restricted/presence/date=2026-03-28/part-00000-a2a17a4a-9e07.c000.zstd.parquet"
MEND = f"{FILE} is gone or damaged: docs/reliability.md says how to go on without it"


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (f"[FAILED_READ_FILE.FILE_NOT_EXIST] Encountered error while reading file file:///lake/{FILE}. File", MEND),
        (f"[FAILED_READ_FILE.NO_HINT] Encountered error while reading file s3a://b/lake/{FILE}. SQLSTATE: KD001", MEND),
        (f"[Errno 2] No such file or directory: '/lake/{FILE}'", MEND),
        (f"java.io.IOException: No space left on device: /lake/{FILE}", ""),
        ("[FAILED_READ_FILE.NO_HINT] of file:///landing/cdr/270010000000001.parquet", ""),
        ("[CAST_INVALID_INPUT] The value '270010000000001' cannot be cast", ""),
    ],
)
def test_a_data_file_that_cannot_be_read_is_named_and_nothing_else(told, line):
    assert lost_file(told) == line
