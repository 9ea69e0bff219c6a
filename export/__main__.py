"""`python -m export PACK` builds models, `python -m export evaluate FOLDER` says how good they are.

The two run in different environments: the first in .venvs/export, the second in .venv.
"""

import sys

if __name__ == "__main__":
    if sys.argv[1:2] == ["evaluate"]:
        from export.evaluate import main

        sys.exit(main(sys.argv[2:]))
    from export.command import main

    sys.exit(main())
