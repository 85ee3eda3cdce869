"""Real operating systems as guests: `make test-guests`. Not among `make test`: these take minutes."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent / "tools"), str(TESTS / "machine")]
sys.dont_write_bytecode = True
