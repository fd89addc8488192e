"`python -m personabench` is the program `personabench`."
import sys

from personabench.cli import main

if __name__ == "__main__": sys.exit(main())
