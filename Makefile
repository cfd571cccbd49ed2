# Two commands are enough: `make start` and `make test`. Both set up what they need first.

.DEFAULT_GOAL := help
# Everything here is a command, not a file; what is up to date, cargo and the scripts know.
.PHONY: help start test setup build unit package model e2e lint bench kv clean

help: ## Show this
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

start: build ## Run the Worker here, on http://127.0.0.1:8787 (PORT=8788 for another port, STORE=durable for Durable Objects)
	@scripts/with-tools.sh node scripts/start.mjs

test: setup ## Check and test everything; CI runs this
	@scripts/test.sh

unit: ## The inner loop: Rust's tests, natively (make package, then npm run unit: the package's)
	@cargo test --workspace

package: setup ## Build the npm package in pkg/
	@scripts/build-package.sh

model: ## A million random schedules against what is promised (ARGS='--seed 7' replays one; README in tests/model)
	@cargo run --release --quiet --manifest-path tests/model/Cargo.toml -- $(ARGS)

e2e: build ## The built Worker in workerd, over HTTP
	@scripts/with-tools.sh npm run --silent e2e

lint: setup ## Formatting, clippy, types, oxlint, and cargo-deny where it is installed
	@scripts/test.sh lint

bench: build package ## Measure (some minutes; ONLY=workers, durable, databunker, kernel, package, express, kv, costs or size for a part of it)
	@scripts/bench.sh

kv: setup ## Show what the local store of `make start` holds (FIND=text looks for a text in it)
	@scripts/with-tools.sh node scripts/kv.mjs

build: setup ## Build the Worker into build/
	@scripts/build-worker.sh

setup: ## Get packages and tools; once it takes minutes, afterwards nothing
	@scripts/setup.sh

clean: ## Remove what was built; packages, tools and local sessions stay
	@rm -rf build .build pkg/dist pkg/wasm target tests/conformance/target tests/model/target .wrangler
