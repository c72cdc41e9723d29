# Every target sets up what it needs by itself, in .venv. Needs Python 3.11 or later and make, nothing else.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STORE  ?= models
OUT    ?= out
ARGS   ?=
CHAT   := layers/shared/emotion_bot/chat
# It asks for a region, whatever it does; what it would send home is not asked for.
SAM    := AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 $(VENV)/infra/bin/sam
SCRIPTS := .ci/run $(wildcard *.sh */*.sh */*/*.sh */*/*/*.sh)

# $(call needed,NAME,EXAMPLE): what the person must give.
needed = $(or $($(1)),$(error Name the file: make $@ $(1)=$(2)))

.PHONY: help run photo test container-test fuzz lint bench images soak rehearse compare costs train evaluate pictures screenshots messages lock audit sbom deploy delete clean
help: ## Show what one can ask for
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

run: $(VENV)/.playground ## The bot on this machine, with a chat page in the browser
	@$(BIN)/python -m playground run $(ARGS)

photo: $(VENV)/.playground ## One photo through the whole bot: make photo PHOTO=me.jpg [OUT=out]
	@$(BIN)/python -m playground ask "$(call needed,PHOTO,me.jpg)" --out "$(OUT)"

train: $(VENV)/.training ## Train on FER-2013 and publish: make train CSV=fer2013.csv [VOTES=votes.csv] [STORE=models]
	$(BIN)/python -m training train --csv "$(call needed,CSV,fer2013.csv)" --store "$(STORE)" \
		$(if $(VOTES),--votes "$(VOTES)") $(ARGS)

evaluate: $(VENV)/.training ## Figures of the model in the store: make evaluate CSV=fer2013.csv [VOTES=votes.csv]
	@$(BIN)/python -m training evaluate --csv "$(call needed,CSV,fer2013.csv)" --store "$(STORE)" \
		$(if $(VOTES),--votes "$(VOTES)") $(ARGS)

test: $(VENV)/.tests $(VENV)/.infra ## All tests, with branch coverage
	$(BIN)/python -m pytest -n auto --cov $(ARGS)

fuzz: $(VENV)/.tests ## Anything at all to the webhook: make fuzz [EXAMPLES=10000], of each of three kinds
	FUZZ_EXAMPLES=$(or $(EXAMPLES),10000) $(BIN)/python -m pytest tests/unit/functions/test_fuzz.py $(ARGS)

container-test: $(VENV)/.tests $(VENV)/.infra ## The deployed artefacts in containers, each sample event; starts a Docker engine where none runs
	@$(BIN)/python -m pytest tests/containers $(ARGS)

lint: $(VENV)/.tests $(VENV)/.infra $(VENV)/.checks ## Style, types, layers, template, image, workflows, scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cfn-lint infra/template.yaml infra/delivery.yaml
	$(SAM) validate --template infra/template.yaml
	$(SAM) validate --template infra/template.yaml --lint
	$(VENV)/checks/bin/checkov --config-file infra/checkov.yaml --file infra/template.yaml infra/delivery.yaml
	$(VENV)/checks/bin/actionlint -shellcheck $(VENV)/checks/bin/shellcheck
	$(VENV)/checks/bin/zizmor --offline --quiet --persona auditor .github
	$(VENV)/checks/bin/shellcheck $(SCRIPTS)
	$(VENV)/checks/bin/hadolint functions/recognizer/Dockerfile

bench: $(VENV)/.tests $(VENV)/.peers $(VENV)/.infra ## Ours beside the packages, into docs/benchmarks.md: make bench [PHOTOS=folder]
	@$(BIN)/python -m benchmarks --store "$(STORE)" $(if $(PHOTOS),--photos-dir "$(PHOTOS)") $(ARGS)

images: $(VENV)/.tests $(VENV)/.infra ## Both engines' images beside each other, into docs/containers.md
	@$(BIN)/python -m infra.containers images $(ARGS)

soak: $(VENV)/.tests ## The bot under load, faults and hostile input, into docs/robustness.md: make soak [ARGS=burst]
	@$(BIN)/python -m soak --store "$(STORE)" $(ARGS)

rehearse: $(VENV)/.tests $(VENV)/.infra $(VENV)/.rehearsal ## The stack deployed, used, changed and deleted on this machine, into docs/rehearsal.md
	@$(BIN)/python -m infra.rehearsal $(ARGS)

costs: $(VENV)/.tests ## What the bot costs and how it grows, into docs/costs.md: make costs [ARGS=measure]
	@$(BIN)/python -m infra.costs $(or $(ARGS),page)

compare: $(VENV)/.peers ## Our classifier beside its peers: make compare CSV=fer2013.csv [VOTES=votes.csv]
	@$(BIN)/python -m benchmarks.classifiers --csv "$(call needed,CSV,fer2013.csv)" --store "$(STORE)" \
		$(if $(VOTES),--votes "$(VOTES)") $(ARGS)

pictures: $(VENV)/.training ## Draw the pictures of docs/how-it-works.md
	$(BIN)/python docs/pictures/make.py

screenshots: $(VENV)/.tests ## Take the README's pictures of the chat page (needs Chromium)
	@$(BIN)/python docs/pictures/screenshots.py

messages: $(VENV)/.tests ## Take changed texts over into the translations, and compile these
	$(BIN)/pybabel -q extract --no-location -o $(VENV)/messages.pot $(CHAT)
	$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -w 100 \
		-D emotion_bot -i $(VENV)/messages.pot -d $(CHAT)/locale
	$(BIN)/pybabel -q compile -D emotion_bot -d $(CHAT)/locale

lock: $(VENV)/.tests ## Compile pyproject.toml's groups into the pinned requirements of each folder
	sh requirements.sh

audit: $(VENV)/.tests ## Look all pinned packages up among the known vulnerabilities, where a source of these answers
	@$(BIN)/python -m infra.audit $(ARGS)

sbom: $(VENV)/.tests ## Write down what is deployed, as CycloneDX: out/sbom/*.cdx.json
	@$(BIN)/python -m infra.sbom "$(OUT)/sbom"

deploy: $(VENV)/.playground $(VENV)/.infra ## The bot into your AWS account, step by step: make deploy [ENV=prod|dev]
	@PATH="$(CURDIR)/$(VENV)/infra/bin:$$PATH" $(BIN)/python -m infra.deploy deploy --env "$(or $(ENV),prod)"

delete: $(VENV)/.playground $(VENV)/.infra ## The same bot out of it again, and what stays: make delete [ENV=prod|dev]
	@PATH="$(CURDIR)/$(VENV)/infra/bin:$$PATH" $(BIN)/python -m infra.deploy delete --env "$(or $(ENV),prod)"

clean: ## Remove what the other targets made
	rm -rf $(VENV) .aws-sam out .mypy_cache .ruff_cache .pytest_cache .coverage

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV)

# $(call install,FILE): pinned and hashed packages, then the project itself.
define install
	@echo "Installing $(1) into $(VENV), once ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(1)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
endef

$(VENV)/.playground: playground/requirements.txt pyproject.toml | $(BIN)/python
	$(call install,$<)

$(VENV)/.training: training/requirements.txt pyproject.toml | $(BIN)/python
	$(call install,$<)

$(VENV)/.tests: tests/requirements.txt pyproject.toml | $(BIN)/python
	$(call install,$<)
	@touch $(VENV)/.playground $(VENV)/.training

$(VENV)/.peers: benchmarks/requirements.txt $(VENV)/.training
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

# $(call apart,FOLDER,FILE): tools that pin their own dependencies live apart from the project's packages.
define apart
	@echo "Installing $(2) into $(VENV)/$(1), once ..."
	@$(PYTHON) -m venv $(VENV)/$(1)
	@$(VENV)/$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(2)
	@touch $@
endef

$(VENV)/.infra: infra/requirements.txt | $(BIN)/python
	$(call apart,infra,$<)

$(VENV)/.checks: infra/requirements-checks.txt | $(BIN)/python
	$(call apart,checks,$<)

$(VENV)/.rehearsal: infra/requirements-rehearsal.txt | $(BIN)/python
	$(call apart,rehearsal,$<)
