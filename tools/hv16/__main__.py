import sys

from hv16.cli import main

sys.exit(main(sys.argv[1:]))
