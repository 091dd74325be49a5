.PHONY: test check bench fuzz demo

test:            ## what the README says
	go test ./...

check:           ## all that CI runs
	.ci/run

bench:           ## ratios and counts, measured in one run
	go test -timeout 1h -run '^$$' -bench . -benchmem ./...

fuzz:            ## every fuzz target, FUZZTIME each
	.ci/fuzz $(or $(FUZZTIME),1m)

demo:
	go run ./cmd/qdeploy demo
