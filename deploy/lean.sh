#!/bin/sh
# Install a lock into a virtual environment, less what a container has no use for.
#   lean.sh LOCK ENVIRONMENT
set -eu
lock=${1:?usage: lean.sh LOCK ENVIRONMENT}
environment=${2:?usage: lean.sh LOCK ENVIRONMENT}

"$environment/bin/python" -m pip install --quiet --require-hashes --no-deps --only-binary=:all: -r "$lock"
"$(dirname "$0")/trim.sh" "$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
"$environment/bin/python" -m pip uninstall --quiet --yes pip
