"""The fuzzer's own modules can be imported, and its runs need Bochs and the built image."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from hv16 import bochs_installed  # noqa: E402
from hv16.paths import BUILD  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def emulator() -> None:
    if bochs_installed.version() is None:
        pytest.skip("Bochs is not installed")
    if not (BUILD / "hv16.img").exists():
        pytest.fail("build/hv16.img is missing: type `make` first (./run.sh test does)", pytrace=False)
