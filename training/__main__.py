"""`python -m training FACES OUT` trains a head, `python -m training publish OUT` serves it."""

import sys

if __name__ == "__main__":
    if sys.argv[1:2] == ["publish"]:
        from training.publishing import main

        sys.exit(main(sys.argv[2:]))
    from training.command import main

    sys.exit(main())
