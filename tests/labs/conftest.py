"""The labs: `make check-labs`. Not among `make test`: these boot some hundred machines."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent / "tools"), str(TESTS / "machine")]
sys.dont_write_bytecode = True
