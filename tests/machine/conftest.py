"""Whole-machine tests: the built image, booted in Bochs (in QEMU where a test says so)."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from hv16 import bochs_installed, qemu  # noqa: E402
from hv16.paths import BUILD  # noqa: E402

sys.dont_write_bytecode = True

QEMUS = ("test_qemu.py", "test_gdb.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without an emulator nothing here can be told: skipped, with the reason, and never passed.
    Tests of the other emulator look for that themselves."""
    if bochs_installed.version() is None:
        for item in items:
            if Path(__file__).parent in item.path.parents and item.path.name not in QEMUS:
                item.add_marker(pytest.mark.skip(reason="Bochs is not installed"))


@pytest.fixture(scope="session", autouse=True)
def built_image() -> None:
    if not (BUILD / "hv16.img").exists():
        pytest.fail("build/hv16.img is missing: type `make` first (./run.sh test does)", pytrace=False)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A fresh folder for one run's files."""
    return tmp_path / "out"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder for runs that the tests of one file share."""
    return tmp_path_factory.mktemp(re.sub(r"\W", "_", request.module.__name__))


@pytest.fixture(scope="session")
def need_qemu() -> None:
    if qemu.version() is None:
        pytest.skip("QEMU is not installed")
