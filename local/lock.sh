#!/bin/sh
# Pins every dependency of pyproject.toml, with hashes, into locks/*.lock, which plain pip installs.
set -eu
uv=${1:?usage: local/lock.sh PATH-OF-UV}
compile() {
    name=$1
    shift
    "$uv" pip compile --quiet --generate-hashes --python-version 3.11 --no-header \
        --output-file "locks/$name.lock" "$@"
}
# Extras that stand alone, without the service's own dependencies.
extra() {
    python3 -c 'import sys, tomllib
print("\n".join(tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"][sys.argv[1]]))' "$1"
}
compile service --universal pyproject.toml
compile dev --universal --extra dev pyproject.toml
extra triton | compile triton --python-platform x86_64-manylinux_2_35 --no-deps -
for name in export hub gpu; do
    extra "$name" | compile "$name" --universal -
done
