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
for name in audit deploy docs export gpu; do
    extra "$name" | compile "$name" --universal -
done
# Packages that are not needed, although others ask for them.
without() {
    printf -- '--no-emit-package %s ' "$@"
}
# Only what converts nets, not what trains, shows and keeps them.
extra tensorflow | compile tensorflow --universal $(without charset-normalizer google-pasta grpcio \
    h5py keras libclang markdown markdown-it-py markupsafe mdurl namex optree pillow pygments rich \
    setuptools tensorboard tensorboard-data-server werkzeug wheel) -
extra peers | compile peers --python-platform x86_64-manylinux_2_35 $(without dlib) -
# PyTorch is installed by itself, for the CPU wherever pip can get that, so without what it needs of
# a GPU; and OpenCV without windows stands in for OpenCV.
hub="--python-platform x86_64-manylinux_2_35"
parts=$(extra hub | "$uv" pip compile --quiet $hub --no-header --no-annotate - |
    grep -oE '^(nvidia|cuda)-[a-z0-9-]+')
extra hub | compile hub $hub $(without torch triton opencv-python $parts) -
