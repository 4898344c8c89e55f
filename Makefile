# QuickSync on one machine. `make` alone shows what there is.
.DEFAULT_GOAL := help
.PHONY: help conformance fuzz bench-gateway up down reset status logs test test-again lint fmt load screenshots test-browsers prerequisites
MAKEFLAGS += --no-print-directory

# Recipes find the tools that scripts/prerequisites.sh installed for this user.
TOOLS := . scripts/tools.env &&
DEV := target/debug/quicksync-dev

help: ## Shows this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

prerequisites: ## Installs what the machine lacks
	@scripts/prerequisites.sh

# Of two users' files in one checkout neither can go on; cargo would say it less clearly.
OURS := [ "$$(id -u)" = 0 ] || [ ! -e target ] || [ -O target ] || { \
	echo "target/ was made by $$(stat -c %U target), who built QuickSync here: go on as that user, or remove it all: sudo make reset && sudo rm -rf target" >&2; exit 1; }

up: ## Starts everything and prints the addresses (other ports: QUICKSYNC_GATEWAY_PORT=8090 QUICKSYNC_FIRST_PORT=8201)
	@$(OURS)
	@scripts/up.sh

down: $(DEV) ## Stops everything, keeps the data
	@$(TOOLS) $(DEV) down

reset: $(DEV) ## Stops everything, removes the data
	@$(TOOLS) $(DEV) reset

# Of these two make would call an error what is an answer; scripts ask quicksync-dev, whose exit status tells.
status: $(DEV) ## Shows what runs
	@$(TOOLS) $(DEV) status || true

logs: $(DEV) ## Follows the logs (of some only: make logs NAMES="chat-1 gateway-1")
	@$(TOOLS) $(DEV) logs --follow $(NAMES) || true

test: ## Passes everything there is: format, lint, unit, service and end-to-end tests
	@scripts/test.sh

test-again: ## Runs the tests twice more, in random order
	@scripts/test.sh again

test-browsers: ## Runs the web app's tests in Chromium
	@scripts/test.sh browsers

conformance: ## Runs Connect's conformance suite against the gateway (needs Go; some cases: make conformance ARGS="--run 'Timeouts/**'")
	@scripts/prerequisites.sh
	@scripts/conformance.sh $(ARGS)

lint: ## Format, clippy, buf and eslint, without tests
	@scripts/test.sh lint

fmt: ## Formats Rust, protos and the web app
	@$(TOOLS) cargo fmt --all
	@$(TOOLS) scripts/buf.sh format --write
	@$(TOOLS) scripts/npm-packages.sh web && cd web && npm run --silent format:write

screenshots: ## Makes docs/screenshots anew, on a mesh of its own
	@scripts/prerequisites.sh --screenshots
	@$(TOOLS) scripts/web.sh && cargo build --workspace --bins && cd web && npm run --silent screenshots

load: ## Measures, on a mesh of its own (what can be set: make load ARGS=--help)
	@scripts/prerequisites.sh
	@$(TOOLS) cargo build --release --workspace --bins
	@$(TOOLS) target/release/quicksync-dev load $(ARGS)

fuzz: ## Fuzzes what reads bytes of strangers in the gateway, for 40 minutes (FUZZ_SECONDS=60 for each target; ARGS="json --keep")
	@scripts/prerequisites.sh
	@scripts/fuzz.sh $(ARGS)

bench-gateway: ## Measures the gateway beside Envoy (what can be set: make bench-gateway ARGS=--help)
	@scripts/prerequisites.sh --bench
	@scripts/bench-gateway.sh $(ARGS)

$(DEV):
	@scripts/prerequisites.sh
	@$(TOOLS) cargo build --workspace --bins
